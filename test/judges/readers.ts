import { join } from 'node:path';
import type { Builder, Ran } from './builders.ts';

/** One thing that another program did with an archive of `stave save`. */
export interface Verdict {
  readonly what: string;
  readonly ok: boolean;
  readonly note: string;
}

const verdict = (what: string, ran: Ran, wanted?: string): Verdict => {
  const ok = ran.code === 0 && (wanted === undefined || ran.stdout.trim() === wanted);
  return { what, ok, note: ok ? '' : `exit ${ran.code}: ${(ran.stderr || ran.stdout).trim()}` };
};

/** Docker, podman, skopeo and stave itself read, and where they can run, what `stave save` wrote. */
export function readers(
  archive: string,
  name: string,
  says: string,
  tools: { docker: Builder; podman: Builder; skopeo: Builder; stave: Builder; work: string },
): Verdict[] {
  const { docker, podman, skopeo, stave, work } = tools;
  const layout = join(work, 'layout');
  // Podman asks for higher limits than a small machine may give, and knows names by their full form.
  const small = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024'];
  return [
    verdict('docker load', docker.call(['load', '-i', archive])),
    verdict('docker run', docker.call(['run', '--rm', '--network', 'none', name]), says),
    verdict('podman load', podman.call(['load', '-i', archive])),
    verdict(
      'podman run',
      podman.call(['run', '--rm', '--network', 'none', ...small, `docker.io/${name}`]),
      says,
    ),
    verdict('skopeo inspect', skopeo.call(['inspect', `docker-archive:${archive}`])),
    verdict(
      'skopeo copy to an OCI layout',
      skopeo.call(['copy', '-q', `docker-archive:${archive}`, `oci:${layout}:x`]),
    ),
    verdict('stave load of its own archive', stave.call(['load', '-i', archive])),
    verdict(
      'stave load of docker save',
      docker.call(['save', '-o', join(work, 'theirs.tar'), name]).code === 0
        ? stave.call(['load', '-i', join(work, 'theirs.tar')])
        : { code: 1, stdout: '', stderr: 'docker save failed' },
    ),
    verdict('stave run', stave.call(['run', '--rm', '--network', 'none', name]), says),
  ];
}
