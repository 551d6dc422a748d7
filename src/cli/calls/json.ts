import type {
  CheckReport,
  LookedAt,
  Outline,
  Span,
  TargetList,
} from '../../engine/dockerfile-types.ts';

/** Where something stands, as BuildKit's reports have it: lines only. */
function location(span: Span | undefined): Readonly<Record<string, unknown>> {
  if (!span) return {};
  return { ranges: [{ start: { line: span.start.line }, end: { line: span.end.line } }] };
}

/** The text of a file, as such reports carry it. */
function data({ text }: LookedAt): string {
  return Buffer.from(text).toString('base64');
}

/** `--call check,format=json`: `file` is the Dockerfile's name as it was typed. */
export function checkJson({ source, warnings, error }: CheckReport, file: string): unknown {
  return {
    warnings: warnings.map(({ ruleName, description, url, detail, span }) => ({
      ruleName,
      description,
      ...(url !== '' && { url }),
      detail,
      location: location(span),
    })),
    sources: [{ filename: file, language: 'Dockerfile', data: data(source) }],
    ...(error && { buildError: { message: error.message, location: location(error.span) } }),
  };
}

/** `--call outline,format=json`. */
export function outlineJson({ source, name, description, args, secrets, ssh }: Outline): unknown {
  return {
    ...(name !== '' && { name }),
    ...(description !== undefined && { description }),
    ...(args.length > 0 && { args: args.map(({ span, ...arg }) => located(arg, span)) }),
    ...(secrets.length > 0 && {
      secrets: secrets.map(({ span, ...secret }) => located(mount(secret), span)),
    }),
    ...(ssh.length > 0 && { ssh: ssh.map(({ span, ...one }) => located(mount(one), span)) }),
    sources: [data(source)],
  };
}

/** `--call targets,format=json`. */
export function targetsJson({ source, targets }: TargetList): unknown {
  return {
    targets: targets.map(({ name, default: isDefault, description, base, platform, span }) => ({
      ...(name !== '' && { name }),
      ...(isDefault && { default: true }),
      ...(description !== undefined && { description }),
      base,
      ...(platform !== undefined && { platform }),
      location: location(span),
    })),
    sources: [data(source)],
  };
}

function mount({ name, required }: { readonly name: string; readonly required: boolean }) {
  return { name, ...(required && { required }) };
}

function located<T extends object>(item: T, span: Span): T & { readonly location: unknown } {
  return { ...item, location: location(span) };
}
