import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TemplateError } from './errors.ts';
import { template } from './template.ts';
import { duration, fromData, struct, type Value } from './values.ts';

const DATA: Value = struct('test.Data', {
  Name: 'ab<c',
  Size: 12,
  Ratio: { kind: 'float', value: 1.5 },
  Empty: '',
  List: ['x', 'y', 'z'],
  Nil: { kind: 'nil', of: 'slice' },
  Pointer: { kind: 'nil', of: 'pointer' },
  Labels: fromData({ b: '2', a: '1', 'x.y': '3' }),
  Mixed: fromData({ n: 1.5, deep: { er: [true, null] } }),
  Wait: duration(5_400_500_000_000),
  Long: { kind: 'integer', type: 'int64', value: 9_007_199_254_740_993n },
  When: { kind: 'time', json: '2026-11-21T07:03:21.605Z' },
  Nested: struct('test.Nested', { Inner: 'deep' }),
  Add: {
    kind: 'method',
    params: ['any', 'any'],
    call: ([a, b]) => (typeof a === 'number' && typeof b === 'number' ? a + b : undefined),
  },
});

for (const [source, text] of [
  ['plain', 'plain'],
  ['{{.Name}} {{.Size}} {{.Ratio}} {{.Nested.Inner}}', 'ab<c 12 1.5 deep'],
  [
    '{{.}}',
    '{ab<c 12 1.5  [x y z] [] <nil> map[a:1 b:2 x.y:3] map[deep:map[er:[true <nil>]] n:1.5] 1h30m0.5s 9007199254740993 2026-11-21 07:03:21.605 +0000 UTC {deep} func}',
  ],
  ['a {{- 1 -}} b', 'a1b'],
  ['a\n{{- /* gone */ -}}\nb', 'ab'],
  ['{{/* a {{ b */}}c', 'c'],
  ['{{3}} {{0x1F}} {{1e3}} {{1_000}} {{0b11}} {{0o17}} {{010}} {{-4}}', '3 31 1000 1000 3 15 8 -4'],
  ["{{'a'}} {{'\\n'}} {{\"q\\\"\\u00e9\\x41\"}} {{`raw\\n`}}", '97 10 q"éA raw\\n'],
  ['{{true}} {{1.50}} {{1e21}} {{0.00001}}', 'true 1.5 1e+21 1e-05'],
  ['{{if .Empty}}a{{else if .Nil}}b{{else if .Size}}c{{else}}d{{end}}', 'c'],
  ['{{with .Nested}}{{.Inner}}{{$.Size}}{{end}}', 'deep12'],
  ['{{with .Empty}}a{{else with .Name}}{{.}}{{end}}', 'ab<c'],
  ['{{with $x := .Name}}{{$x}}{{end}}', 'ab<c'],
  ['{{range .List}}{{.}},{{end}}', 'x,y,z,'],
  ['{{range $i, $e := .List}}{{$i}}{{$e}}{{end}}', '0x1y2z'],
  ['{{range $e := .List}}{{$e}}{{end}}', 'xyz'],
  ['{{range $k, $v := .Labels}}{{$k}}={{$v}};{{end}}', 'a=1;b=2;x.y=3;'],
  ['{{range 3}}{{.}}{{end}}', '012'],
  ['{{range .Nil}}a{{else}}none{{end}}', 'none'],
  ['{{range .List}}{{if eq . "y"}}{{continue}}{{end}}{{.}}{{end}}', 'xz'],
  ['{{range .List}}{{if eq . "y"}}{{break}}{{end}}{{.}}{{end}}', 'x'],
  ['{{$x := 1}}{{range .List}}{{$x = .}}{{end}}{{$x}}', 'z'],
  ['{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}', '21'],
  ['{{define "t"}}<{{.}}>{{end}}{{template "t" .Size}}{{template "t"}}', '<12><<no value>>'],
  ['{{block "b" .List}}{{len .}}{{end}}', '3'],
  ['{{.Size | printf "%d-%s" 3}}', '3-%!s(int=12)'],
  ['{{(index .List 1) | upper}}', 'Y'],
  ['{{(.Nested).Inner}}', 'deep'],
  ['{{.Add 1 2}} {{2 | .Add 1}}', '3 3'],
  ['{{index .Labels "x.y"}}{{index .Labels "none"}}|{{.Labels.none}}', '3|<no value>'],
  ['{{slice .Name 1}} {{slice .List 1 2}}', 'b<c [y]'],
  ['{{len .Name}} {{len "é"}} {{len .Labels}} {{len .Nil}}', '4 2 3 0'],
  ['{{and 1 "" 2}}|{{and 1 2}}|{{or 0 "" "x"}}|{{or 0 ""}}', '|2|x|'],
  ['{{and false (index .List 9)}}{{or 1 (index .List 9)}}', 'false1'],
  [
    '{{eq 1 2 1}} {{ne "a" "b"}} {{lt 1 2}} {{le "b" "a"}} {{gt 2 1}} {{ge 1.5 .Ratio}}',
    'true true true false true true',
  ],
  ['{{eq .Name nil}} {{eq .Labels.none nil}}', 'false true'],
  ['{{print 1 2 "a" "b" 3}}|{{println 1 "a"}}', '1 2ab3|1 a\n'],
  [
    '{{html "a&\'b\'"}} {{js "it\'s <b>"}} {{urlquery "a b&c"}}',
    "a&amp;&#39;b&#39; it\\'s \\u003Cb\\u003E a+b%26c",
  ],
  [
    '{{json .Name}} {{json .Labels}} {{json .Nil}} {{json .Mixed}}',
    '"ab<c" {"a":"1","b":"2","x.y":"3"} null {"deep":{"er":[true,null]},"n":1.5}',
  ],
  [
    '{{join .List "-"}} {{join .Labels ","}} {{split "a,b" ","}} {{title "ab cd"}}',
    'x-y-z 1,2,3 [a b] Ab Cd',
  ],
  ['{{pad "x" 1 2}}|{{pad "" 1 2}}|{{truncate "abc" 2}}|{{truncate "abc" 9}}', ' x  ||ab|abc'],
  ['{{not .Empty}}', 'true'],
  ['{{.Name | }}', 'ab<c'],
  [
    '{{.Wait}} {{.Wait.Seconds}} {{.Wait.Hours}} {{printf "%d %s" .Wait .Wait}}',
    '1h30m0.5s 5400.5 1.500138888888889 5400500000000 1h30m0.5s',
  ],
  [
    '{{.Long}} {{printf "%T" .Long}} {{gt .Long 3}} {{eq .Long 9007199254740993}}',
    '9007199254740993 int64 true true',
  ],
  ['{{.When}}|{{json .When}}', '2026-11-21 07:03:21.605 +0000 UTC|"2026-11-21T07:03:21.605Z"'],
  [
    '{{.When.Format "Mon, 02 Jan 2006 15:04:05.000 MST"}}|{{.When.Format "Monday 2/1/06 3:04PM .999999"}}',
    'Sat, 21 Nov 2026 07:03:21.605 UTC|Saturday 21/11/26 7:03AM .605',
  ],
  [
    '{{.When.Year}} {{.When.Unix}} {{.When.IsZero}} {{.When.Month}} {{.When.UTC.Hour}}',
    '2026 1795244601 false November 7',
  ],
] as const) {
  test(`template() runs ${JSON.stringify(source)}`, () => {
    assert.equal(template(source).execute(DATA), text);
  });
}

for (const [source, message] of [
  ['{{', ':1: unclosed action'],
  ['a\n{{.Name', ':2: unclosed action'],
  ['{{/* x', ':1: unclosed comment'],
  ['{{(.Name}}', ':1: unclosed left paren'],
  ['{{.Name)}}', ':1: unexpected right paren'],
  ['{{"a}}', ':1: unterminated quoted string'],
  ['{{}}', ':1: missing value for command'],
  ['{{if}}a{{end}}', ':1: missing value for if'],
  ['{{if true}}', ':1: unexpected EOF'],
  ['{{end}}', ':1: unexpected {{end}}'],
  ['{{else}}', ':1: unexpected {{else}}'],
  ['{{break}}', ':1: {{break}} outside {{range}}'],
  ['{{nofunc .Os}}', ':1: function "nofunc" not defined'],
  ['{{$x}}', ':1: undefined variable "$x"'],
  ['{{.Name | 3}}', ':1: non executable command in pipeline stage 2'],
  ['{{1a}}', ':1: bad number syntax: "1a"'],
  ['{{@}}', ':1: unexpected "@" in command'],
  ['{{é\u0080}}', ":1: bad character U+0080 '\u0080'"],
  ['{{\u0080}}', ":1: unrecognized character in action: U+0080 '\u0080'"],
  ['{{.Name@}}', ":1: bad character U+0040 '@'"],
  ['{{template x}}', ':1: unexpected "x" in template clause'],
] as const) {
  test(`template() cannot read ${JSON.stringify(source)}`, () => {
    assert.throws(
      () => template(source),
      (error) => error instanceof TemplateError && error.reason === message,
      message,
    );
  });
}

for (const [source, message] of [
  ['{{.Nope}}', `:1:2: executing "" at <.Nope>: can't evaluate field Nope in type test.Data`],
  [
    'x\n  {{.Nested.Nope}}',
    `:2:11: executing "" at <.Nested.Nope>: can't evaluate field Nope in type test.Nested`,
  ],
  ['{{.Name.x}}', `:1:7: executing "" at <.Name.x>: can't evaluate field x in type string`],
  ['{{.Pointer.x}}', `:1:10: executing "" at <.Pointer.x>: nil pointer evaluating *struct.x`],
  [
    '{{.Size 3}}',
    `:1:2: executing "" at <.Size>: Size has arguments but cannot be invoked as function`,
  ],
  ['{{.Add 1}}', `:1:2: executing "" at <.Add>: wrong number of args for Add: want 2 got 1`],
  [
    '{{index .List 3}}',
    `:1:2: executing "" at <index .List 3>: error calling index: index out of range: 3`,
  ],
  [
    '{{lt 1 "a"}}',
    `:1:2: executing "" at <lt 1 "a">: error calling lt: incompatible types for comparison: int and string`,
  ],
  ['{{len 3}}', `:1:2: executing "" at <len 3>: error calling len: len of type int`],
  ['{{upper 3}}', `:1:8: executing "" at <3>: expected string; found 3`],
  ['{{upper}}', `:1:2: executing "" at <upper>: wrong number of args for upper: want 1 got 0`],
  ['{{range .Name}}{{end}}', `:1:8: executing "" at <.Name>: range can't iterate over ab<c`],
  ['{{nil}}', `:1:2: executing "" at <nil>: nil is not a command`],
  ['{{$x = 1}}', `:1:7: executing "" at <1>: undefined variable: $x`],
  ['{{template "x"}}', `:1:11: executing "" at <{{template "x"}}>: template "x" not defined`],
  [
    '{{define "t"}}{{.Nope}}{{end}}{{template "t" .}}',
    `:1:16: executing "t" at <.Nope>: can't evaluate field Nope in type test.Data`,
  ],
  [
    '{{define "t"}}{{template "t"}}{{end}}{{template "t"}}',
    `:1:25: executing "t" at <{{template "t"}}>: exceeded maximum template depth (500)`,
  ],
] as const) {
  test(`template() fails in ${JSON.stringify(source)}`, () => {
    assert.throws(
      () => template(source).execute(DATA),
      (error) => {
        assert.ok(error instanceof TemplateError);
        assert.equal(error.reason, message);
        return true;
      },
    );
  });
}

test('execute() takes missing keys for errors when told so', () => {
  const parsed = template('{{.a.b}}');
  assert.equal(parsed.execute(fromData({})), '<no value>');
  assert.throws(() => parsed.execute(fromData({}), { strictKeys: true }), {
    reason: ':1:4: executing "" at <.a.b>: map has no entry for key "a"',
  });
});

test('template() bounds nesting', () => {
  assert.throws(() => template('{{if 1}}'.repeat(1000)), TemplateError);
  assert.throws(() => template(`{{${'('.repeat(1000)}}}`), TemplateError);
});

test('execute() suggests the field or key that was meant', () => {
  const hintOf = (source: string, data: Value, strictKeys: boolean): string | undefined => {
    try {
      template(source).execute(data, { strictKeys });
    } catch (error) {
      return error instanceof TemplateError ? error.hint : undefined;
    }
    return undefined;
  };
  assert.equal(hintOf('{{.name}}', DATA, false), "Did you mean '.Name'?");
  assert.equal(hintOf('{{.Nested.Iner}}', DATA, false), "Did you mean '.Inner'?");
  assert.equal(hintOf('{{.Os}}', fromData({ OS: 'linux' }), true), "Did you mean '.OS'?");
  assert.equal(hintOf('{{.Quite}}', DATA, false), undefined);
});
