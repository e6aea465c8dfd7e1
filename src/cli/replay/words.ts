import { formatMs } from '../../core/units.ts';
import type { StageFacts } from '../../replay/stage.ts';
import { directivesOf, type Phase, type Scenario } from '../../scenario/scenario.ts';

/** The stage in rows: who plays, on what. */
export function stageRows(stage: StageFacts, scenario: Scenario): [name: string, text: string][] {
  const settings = Object.entries(directivesOf(scenario))
    .map(([directive, value]) => `${directive} ${value}`)
    .join(', ');
  const { serverName, serverPid, serverPort, serverContainer, appPid, appContainer, appUrl } = stage;
  const inside = (container?: string) => (container === undefined ? '' : `, container ${container}`);
  const server = `${serverName} (pid ${serverPid}, port ${serverPort}${inside(serverContainer)})`;
  const sync = stage.fsyncMs === undefined ? '' : `; a sync takes ${formatMs(stage.fsyncMs)}`;
  return [
    ['server', settings === '' ? server : `${server}: ${settings}`],
    ...(appUrl === undefined
      ? []
      : ([['client', `perfcase app (pid ${appPid}${inside(appContainer)}) at ${appUrl}`]] as [
          string,
          string,
        ][])),
    ['network', stage.network],
    ['disk', `${stage.disk}${sync}`],
    ...stage.different.map((line): [string, string] => ['but', line]),
  ];
}

/** What is changed before a phase. */
export function changesOf({ config, remove, load }: Phase): string[] {
  return [
    ...Object.entries(config).map(([directive, value]) => `CONFIG SET ${directive} ${value}`),
    ...remove.map((name) => `without ${name}`),
    ...load.map(({ name, instead }) => `${name} instead of ${instead}`),
  ];
}
