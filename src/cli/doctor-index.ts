import type { CommandEntry } from './command-index.ts';

/** Commands that find out why something does not work. */
export const DOCTORS: readonly CommandEntry[] = [
  {
    name: 'doctor',
    aliases: [],
    summary: 'Say what containers need and this machine lacks',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  {
    name: 'doctor registry',
    aliases: [],
    summary: 'Walk the way to a registry and say where it ends',
    load: async () => (await import('./commands/doctor-registry.ts')).doctorRegistry,
  },
];
