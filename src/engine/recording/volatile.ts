/**
 * Paths that two runs of the same commands do not have alike, or that a clean image does not
 * need: caches, lists of packages, logs, histories of what was typed.
 */
const VOLATILE = [
  /^\/var\/(?:cache|log|lib\/apt\/lists)(?:\/|$)/,
  /^\/var\/lib\/dpkg\/[\w-]+-old$/,
  /^\/var\/lib\/(?:systemd\/(?:random-seed|catalog)|dnf|yum)(?:\/|$)/,
  /^\/(?:root|home\/[^/]+)\/\.(?:cache|npm)(?:\/|$)/,
  /\/\.(?:viminfo|lesshst|wget-hsts|rediscli_history|node_repl_history|python_history|(?:bash|ash|sh)_history)$/,
  /\/\.[^/]+\.sw[a-p]$/,
  /\/__pycache__(?:\/|$)/,
];

/** Whether a path (absolute) is one of those. */
export function isVolatile(path: string): boolean {
  return VOLATILE.some((pattern) => pattern.test(path));
}
