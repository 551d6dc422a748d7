import { runProcess } from './process.ts';

/*
 * The entry. Start-up is a feature: whatever a command needs is loaded when the command is
 * known. In the bundle, `bundled.ts` stands for the module above.
 */
process.exit(await runProcess(process.argv.slice(2), process.getuid?.() ?? 0));
