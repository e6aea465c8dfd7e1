import { readdirSync, readFileSync } from 'node:fs';

/**
 * Whether something is mounted exactly there, in our mount namespace.
 * Line of /proc/self/mountinfo: `36 35 7:0 / /run/perfcase/disks/lab/mnt rw,noatime - ext4 /dev/loop0 rw`
 * (proc_pid_mountinfo(5)); blanks and backslashes in a path are octal.
 */
export function isMounted(mountPoint: string): boolean {
  return parseMountPoints(readFileSync('/proc/self/mountinfo', 'utf8')).includes(mountPoint);
}

/** Mount points below a folder, in the order in which they were mounted. */
export function mountsBelow(folder: string): string[] {
  return parseMountPoints(readFileSync('/proc/self/mountinfo', 'utf8')).filter((path) =>
    path.startsWith(`${folder}/`),
  );
}

/** The fifth column of every line. */
export function parseMountPoints(mountinfo: string): string[] {
  return mountinfo
    .split('\n')
    .map((line) => line.split(' ')[4])
    .filter((path) => path !== undefined)
    .map((path) =>
      path.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))),
    );
}

/** Loop devices ("/dev/loop0") that stand on a file. The file itself is not touched: it may hang. */
export function loopDevicesOn(file: string, sysBlock = '/sys/block'): string[] {
  return loopDevices(sysBlock).flatMap((each) => (each.file === file ? [each.device] : []));
}

/** Loop devices that stand on files below a folder, also where these are gone. */
export function loopDevicesBelow(folder: string): { readonly device: string; readonly file: string }[] {
  return loopDevices('/sys/block').filter(({ file }) => file.startsWith(`${folder}/`));
}

function loopDevices(sysBlock: string): { readonly device: string; readonly file: string }[] {
  return readdirSync(sysBlock).flatMap((name) => {
    const file = name.startsWith('loop') ? backingFile(`${sysBlock}/${name}`) : undefined;
    return file === undefined ? [] : [{ device: `/dev/${name}`, file }];
  });
}

function backingFile(device: string): string | undefined {
  try {
    // The kernel adds " (deleted)" when the file is gone.
    return readFileSync(`${device}/loop/backing_file`, 'utf8')
      .trimEnd()
      .replace(/ \(deleted\)$/, '');
  } catch {
    return undefined; // not attached
  }
}
