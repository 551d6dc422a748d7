/** Where a node begins, for messages. */
interface Placed {
  readonly at: number;
}

/** What stands where a value is expected. */
export type Operand = Placed &
  (
    | { readonly kind: 'dot' }
    | { readonly kind: 'nil' }
    | { readonly kind: 'bool'; readonly value: boolean }
    | {
        readonly kind: 'number';
        readonly text: string;
        /** A bigint where it is larger than JavaScript's whole numbers are exact. */
        readonly value: number | bigint;
        readonly float: boolean;
      }
    | { readonly kind: 'string'; readonly text: string; readonly value: string }
    | { readonly kind: 'field'; readonly names: readonly string[] }
    | { readonly kind: 'variable'; readonly name: string; readonly names: readonly string[] }
    | { readonly kind: 'chain'; readonly base: Operand; readonly names: readonly string[] }
    | { readonly kind: 'function'; readonly name: string }
    | { readonly kind: 'pipe'; readonly pipe: Pipe }
  );

/** One step of a pipeline: an operand, or a function with its arguments. */
export interface CommandNode extends Placed {
  readonly args: readonly Operand[];
}

/** `$x := a | b`. */
export interface Pipe extends Placed {
  readonly variables: readonly string[];
  /** `=` instead of `:=`. */
  readonly assign: boolean;
  readonly commands: readonly CommandNode[];
}

/** A piece of a template. */
export type TemplateNode = Placed &
  (
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'action'; readonly pipe: Pipe }
    | {
        readonly kind: 'if' | 'with' | 'range';
        readonly pipe: Pipe;
        readonly body: readonly TemplateNode[];
        readonly otherwise: readonly TemplateNode[];
      }
    | { readonly kind: 'template'; readonly name: string; readonly pipe: Pipe | undefined }
    | { readonly kind: 'break' | 'continue' }
  );

/** The operand, command, pipeline or invocation as Go's messages quote it. */
export function nodeText(node: Operand | CommandNode | Pipe | TemplateNode): string {
  if ('commands' in node) {
    const variables = node.variables.join(', ');
    const head = node.variables.length > 0 ? `${variables} ${node.assign ? '=' : ':='} ` : '';
    return head + node.commands.map(nodeText).join(' | ');
  }
  if ('args' in node) return node.args.map(operandText).join(' ');
  switch (node.kind) {
    case 'text':
    case 'break':
    case 'continue':
      return node.kind;
    case 'action':
    case 'if':
    case 'with':
    case 'range':
      return nodeText(node.pipe);
    case 'template': {
      const pipe = node.pipe === undefined ? '' : ` ${nodeText(node.pipe)}`;
      return `{{template ${JSON.stringify(node.name)}${pipe}}}`;
    }
    default:
      return operandText(node);
  }
}

function operandText(node: Operand): string {
  const chain = (names: readonly string[]): string => names.map((name) => `.${name}`).join('');
  switch (node.kind) {
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'bool':
      return String(node.value);
    case 'number':
    case 'string':
      return node.text;
    case 'field':
      return chain(node.names);
    case 'variable':
      return node.name + chain(node.names);
    case 'chain':
      return (
        (node.base.kind === 'pipe' ? operandText(node.base) : nodeText(node.base)) +
        chain(node.names)
      );
    case 'function':
      return node.name;
    case 'pipe':
      return `(${nodeText(node.pipe)})`;
  }
}
