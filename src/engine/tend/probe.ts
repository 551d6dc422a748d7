import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { probeCall } from '../../monitor/probe.ts';
import { execProcess } from '../containers/exec-process.ts';
import { containerPaths } from '../containers/layout.ts';
import type { ContainerParts } from '../containers/parts.ts';
import type { Container } from '../containers/record.ts';
import type { HealthCheck, HealthResult } from './health.ts';

const OUTPUT_LIMIT = 4096;
const CUT = '...';
/** Of a check that took too long, and of one that could not be made. */
const NO_RESULT = -1;

/** Makes one check. It needs no monitor: this process reads what it says. Never throws for the container's faults. */
export async function probe(
  parts: ContainerParts,
  container: Container,
  check: HealthCheck,
): Promise<HealthResult> {
  const { store, clock } = parts;
  const paths = containerPaths(store.paths.containers, container.id);
  const directory = join(paths.directory, 'health');
  const start = clock.now().getTime();
  const done = (exitCode: number, output: string): HealthResult => ({
    start,
    end: clock.now().getTime(),
    exitCode,
    output,
  });
  try {
    const runtime = await parts.runtime();
    // A killed helper left it.
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { mode: 0o700 });
    const file = join(directory, 'process.json');
    const asked = execProcess(runtime, container, paths, { command: check.argv });
    writeFileSync(file, JSON.stringify(asked), { mode: 0o600 });
    const ended = await probeCall({
      runtime: runtime.argv(),
      id: container.id,
      processFile: file,
      pidFile: join(directory, 'pid'),
      timeout: check.timeout,
      outputLimit: OUTPUT_LIMIT + 1,
    });
    if (ended.timedOut) {
      return done(NO_RESULT, `Health check exceeded timeout (${durationText(check.timeout)})`);
    }
    return done(ended.code, cut(ended.output));
  } catch (error) {
    return done(
      NO_RESULT,
      cut(Buffer.from(error instanceof Error ? error.message : String(error))),
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function cut(output: Buffer): string {
  if (output.length <= OUTPUT_LIMIT) return output.toString('utf8');
  return output.toString('utf8', 0, OUTPUT_LIMIT - CUT.length) + CUT;
}

/** As Go writes a duration: `2s`, `1m30s`, `500ms`. */
function durationText(milliseconds: number): string {
  if (milliseconds < 1000) return `${milliseconds}ms`;
  const seconds = milliseconds / 1000;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = `${Number((seconds % 60).toFixed(3))}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
