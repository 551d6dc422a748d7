import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MountSpec } from '../../runtime/executor.ts';
import { makeNode } from '../../sys/node.ts';
import { PLACE, recordingPaths } from './paths.ts';

/** Begins each record; the number rises when its fields change. */
export const MAGIC = 'stave1';

const STATUS = `"$(while read -r stave_a stave_b; do case $stave_a in Uid:|Gid:|Umask:) echo "$stave_a $stave_b";; esac; done </proc/self/status)"`;

/** Read by bash at each prompt. The last command's status is kept by bash itself. */
const BASH = `__stave_status=$?
{ builtin printf '%s\\0' ${MAGIC} bash "$$" 0 "$__stave_status" "$PWD" 0 "$(HISTTIMEFORMAT= builtin history 1)" "$(set -o posix; set)" "$(export -p)" ${STATUS} end >>${PLACE}/journal; } 2>/dev/null
shopt -s cmdhist lithist
HISTCONTROL= HISTIGNORE=
[ -n "\${__stave_trap-}" ] || { __stave_trap=1; trap '. ${PLACE}/bash' EXIT; }
if [ -s ${PLACE}/watching ]; then IFS= read -r -t 2 __stave_ack <>${PLACE}/ack; fi
`;

/** Read by other shells when they begin. Their prompts are expanded by themselves: that counts. */
const SH = `if [ -z "\${BASH_VERSION-}" ]; then
stave_n=0 stave_m=0 stave_z=
if history >/dev/null 2>&1; then
stave_shell=ash
PS1='\${stave_z#$((stave_n=stave_n+1))}$(. ${PLACE}/prompt)\\w \\$ '
else
stave_shell=sh
case $(id -u 2>/dev/null) in 0) stave_p='#';; *) stave_p='$';; esac
PS1='\${stave_z#$((stave_n=stave_n+1))}$(. ${PLACE}/prompt)$stave_p '
fi
PS2='\${stave_z#$((stave_m=stave_m+1))}> '
trap '. ${PLACE}/prompt' EXIT
fi
`;

/** Read by other shells at each prompt, in a shell of its own. */
const PROMPT = `stave_status=$?
{ printf '%s\\0' ${MAGIC} "$stave_shell" "$$" "$stave_n" "$stave_status" "$PWD" "$stave_m" "$(history)" "$(set)" "$(export -p)" ${STATUS} end >>${PLACE}/journal; } 2>/dev/null
if [ "$stave_shell" = ash ] && [ -s ${PLACE}/watching ]; then IFS= read -r -t 2 stave_ack <>${PLACE}/ack; fi
`;

/** Variables that make shells read these files; and no history of theirs lands in the image. */
export const RECORDING_ENV: readonly string[] = [
  `PROMPT_COMMAND=. ${PLACE}/bash`,
  `ENV=${PLACE}/sh`,
  'HISTFILE=',
];

/** Makes what records a container's shells. Returns its mounts. */
export function makeRecording(container: string): readonly MountSpec[] {
  const paths = recordingPaths(container);
  mkdirSync(paths.directory, { mode: 0o700 });
  mkdirSync(paths.files, { mode: 0o700 });
  mkdirSync(paths.shell);
  chmodSync(paths.shell, 0o755);
  const files = { bash: BASH, sh: SH, prompt: PROMPT, watching: '', journal: '' };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(paths.shell, name), text);
    chmodSync(join(paths.shell, name), 0o644);
  }
  makeNode(paths.ack, 'fifo', 0o666);
  chmodSync(paths.ack, 0o666);
  writeFileSync(paths.journal, '');
  // Any user of the container may be at the prompt.
  chmodSync(paths.journal, 0o666);
  return [
    { type: 'bind', source: paths.shell, target: PLACE, readonly: true },
    { type: 'bind', source: paths.journal, target: `${PLACE}/journal`, readonly: false },
  ];
}
