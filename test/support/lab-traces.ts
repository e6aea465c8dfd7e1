import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Everything on this machine that mentions `marker`: mounts, loop devices, processes, images. Empty after a clean end. */
export function tracesOf(marker: string): string[] {
  const lines = (file: string) => readFileSync(file, 'utf8').split('\n');
  const mounts = lines('/proc/self/mountinfo').filter((line) => line.includes(marker));
  const loops = readdirSync('/sys/block').flatMap((name) => {
    const file = `/sys/block/${name}/loop/backing_file`;
    return existsSync(file) && readFileSync(file, 'utf8').includes(marker) ? [`${name} on ${marker}`] : [];
  });
  const images = ['/dev/shm', '/tmp'].flatMap((folder) =>
    existsSync(folder) ? readdirSync(folder).filter((name) => isImageOf(name, marker)) : [],
  );
  const folders = existsSync(marker) ? [marker] : [];
  return [...mounts, ...loops, ...images, ...folders, ...processesWith(marker)];
}

/** Live processes whose arguments mention the marker, ourselves apart. */
export function processesWith(marker: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    try {
      // A zombie has no arguments.
      const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return text.includes(marker) ? [`${pid}: ${text}`] : [];
    } catch {
      return [];
    }
  });
}

/** Images are named after their disk, and test disks after their state folder's last part. */
function isImageOf(name: string, marker: string): boolean {
  return name.startsWith(`perfcase-disk-${marker.split('/').at(-1)}`);
}
