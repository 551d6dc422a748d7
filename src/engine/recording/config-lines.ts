import type { ContainerConfig } from '../../oci/image-config.ts';
import { isPlainPath, isText, quotedValue } from './dockerfile-text.ts';

/** The instructions that give an image's settings those of a container, where they differ. */
export interface ConfigLines {
  /** What the commands of the session had: they come first. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** What no instruction can say. */
  readonly left: readonly string[];
}

/** See {@link ConfigLines}. */
export function configLines(base: ContainerConfig, made: ContainerConfig): ConfigLines {
  const left: string[] = [];
  const line = (name: string, value: string | undefined, shown: string): string[] => {
    if (value !== undefined) return [`${name} ${value}`];
    left.push(`${name} ${shown}`);
    return [];
  };
  const known = new Set(base.Env ?? []);
  const env = (made.Env ?? [])
    .filter((pair) => !known.has(pair))
    .flatMap((pair) => {
      const [name = ''] = pair.split('=', 1);
      const value = /^[A-Za-z_][\w.-]*$/.test(name)
        ? quotedValue(pair.slice(name.length + 1))
        : undefined;
      return line('ENV', value === undefined ? undefined : `${name}=${value}`, name);
    });
  const labels = Object.entries(made.Labels ?? {})
    .filter(([key, value]) => base.Labels?.[key] !== value)
    .flatMap(([key, value]) => {
      const [name, text] = [quotedValue(key), quotedValue(value)];
      return line('LABEL', name && text !== undefined ? `${name}=${text}` : undefined, key);
    });
  const ports = added(base.ExposedPorts, made.ExposedPorts).flatMap((port) =>
    line('EXPOSE', /^[\d-]+(?:\/\w+)?$/.test(port) ? port : undefined, port),
  );
  const volumes = added(base.Volumes, made.Volumes).flatMap((path) =>
    line('VOLUME', isPlainPath(path) ? JSON.stringify([path]) : undefined, path),
  );
  const differs = (key: 'Entrypoint' | 'Cmd'): boolean =>
    JSON.stringify(base[key] ?? null) !== JSON.stringify(made[key] ?? null);
  const entry = differs('Entrypoint') ? [`ENTRYPOINT ${argv(made.Entrypoint)}`] : [];
  const command = entry.length > 0 || differs('Cmd') ? [`CMD ${argv(made.Cmd)}`] : [];
  const signal =
    made.StopSignal !== undefined && made.StopSignal !== base.StopSignal
      ? line(
          'STOPSIGNAL',
          /^\w+$/.test(made.StopSignal) ? made.StopSignal : undefined,
          'STOPSIGNAL',
        )
      : [];
  if (JSON.stringify(base.Healthcheck) !== JSON.stringify(made.Healthcheck)) {
    left.push('HEALTHCHECK');
  }
  return {
    before: env,
    after: [...labels, ...ports, ...volumes, ...signal, ...entry, ...command],
    left,
  };
}

function added(base: object | undefined, made: object | undefined): string[] {
  return Object.keys(made ?? {}).filter((key) => !Object.hasOwn(base ?? {}, key));
}

/** JSON is on one line, whatever the words. */
function argv(words: readonly string[] | null | undefined): string {
  return JSON.stringify((words ?? []).map((word) => (isText(word) ? word : '?')));
}
