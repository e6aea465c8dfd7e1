/** What kind of disk a sync time stands for. Each is held by measurement when the disk is made. */
export interface DiskProfile {
  readonly fsyncMs: number;
  readonly standsFor: string;
}

export const DISK_PROFILES = {
  // 7200 turns a minute are 8.3 ms a turn, and a record behind the last one has just missed its turn.
  hdd: { fsyncMs: 8, standsFor: 'a turning disk, as in the case' },
  // What providers state for network block storage: single-digit, mostly low, milliseconds a write.
  cloud: { fsyncMs: 2.5, standsFor: 'block storage behind a network' },
  // A sync passes the drive's cache; drives with a battery for it are quicker still.
  ssd: { fsyncMs: 0.5, standsFor: 'an SSD' },
} as const satisfies Readonly<Record<string, DiskProfile>>;

export type DiskProfileName = keyof typeof DISK_PROFILES;
export const DISK_PROFILE_NAMES = Object.keys(DISK_PROFILES) as DiskProfileName[];
