import type { CommandEntry } from './command-index.ts';

/** Commands on the life of containers. */
export const CONTAINERS: readonly CommandEntry[] = [
  {
    name: 'container create',
    aliases: ['create'],
    summary: 'Make a container without starting it',
    load: async () => (await import('./commands/container-create.ts')).containerCreate,
  },
  {
    name: 'container start',
    aliases: ['start'],
    summary: 'Start containers that do not run',
    load: async () => (await import('./commands/container-start.ts')).containerStart,
  },
  {
    name: 'container stop',
    aliases: ['stop'],
    summary: 'Stop containers',
    load: async () => (await import('./commands/container-stop.ts')).containerStop,
  },
  {
    name: 'container restart',
    aliases: ['restart'],
    summary: 'Stop and start containers',
    load: async () => (await import('./commands/container-restart.ts')).containerRestart,
  },
  {
    name: 'container kill',
    aliases: ['kill'],
    summary: 'Send a signal to containers',
    load: async () => (await import('./commands/container-kill.ts')).containerKill,
  },
  {
    name: 'container exec',
    aliases: ['exec'],
    summary: 'Run a command in a container that runs',
    load: async () => (await import('./commands/container-exec.ts')).containerExec,
  },
  {
    name: 'container attach',
    aliases: ['attach'],
    summary: 'Join the streams of a container that runs',
    load: async () => (await import('./commands/container-attach.ts')).containerAttach,
  },
  {
    name: 'container logs',
    aliases: ['logs'],
    summary: 'Show what a container said',
    load: async () => (await import('./commands/container-logs.ts')).containerLogs,
  },
  {
    name: 'container wait',
    aliases: ['wait'],
    summary: 'Wait for the end of containers, and print their exit codes',
    load: async () => (await import('./commands/container-wait.ts')).containerWait,
  },
  {
    name: 'container rename',
    aliases: ['rename'],
    summary: 'Give a container another name',
    load: async () => (await import('./commands/container-rename.ts')).containerRename,
  },
  {
    name: 'container pause',
    aliases: ['pause'],
    summary: 'Stop all processes of containers in their tracks',
    load: async () => (await import('./commands/container-pause.ts')).containerPause,
  },
  {
    name: 'container unpause',
    aliases: ['unpause'],
    summary: 'Let paused containers go on',
    load: async () => (await import('./commands/container-unpause.ts')).containerUnpause,
  },
  {
    name: 'container top',
    aliases: ['top'],
    summary: 'Show the processes of a container',
    load: async () => (await import('./commands/container-top.ts')).containerTop,
  },
  {
    name: 'container port',
    aliases: ['port'],
    summary: 'Show the published ports of a container',
    load: async () => (await import('./commands/container-port.ts')).containerPort,
  },
  {
    name: 'container recording',
    aliases: [],
    summary: 'Show what was typed in a recorded container, and what a Dockerfile keeps of it',
    load: async () => (await import('./commands/container-recording.ts')).containerRecording,
  },
  {
    name: 'container stats',
    aliases: ['stats'],
    summary: 'Show what containers use',
    load: async () => (await import('./commands/container-stats.ts')).containerStats,
  },
  {
    name: 'container update',
    aliases: ['update'],
    summary: 'Change the limits of containers',
    load: async () => (await import('./commands/container-update.ts')).containerUpdate,
  },
];
