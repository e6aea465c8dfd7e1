/** Why a file cannot be read as a recording, in words that follow its name: "is damaged (…)". */
export class DamagedRecording extends Error {
  override readonly name = 'DamagedRecording';
  /** @param tooLittle it may be a recording that was cut before anything of it was written */
  constructor(
    message: string,
    readonly tooLittle = false,
  ) {
    super(message);
  }
}
