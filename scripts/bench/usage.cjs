// Loaded into a Node process with --require: at its end it writes to descriptor 3 what it used. The peak comes from
// VmHWM, because the maxRSS of getrusage counts the process that started this one, too.
const { readFileSync, writeSync } = require('node:fs');

process.on('exit', () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  const [, peakKib] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'));
  writeSync(3, JSON.stringify({ peakKib: Number(peakKib), cpuUs: userCPUTime + systemCPUTime }));
});
