/** The shells that `stave completion` knows. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/*
 * The scripts know nothing of commands: they hand the line to `stave __complete`, and give the shell
 * what comes back. Its first line says what kind of thing is wanted, each further one is a candidate.
 */
const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], string>> = {
  bash: `# bash completion for stave. To load it: source <(stave completion bash)
_stave() {
  local program=\${1/#\\~/$HOME} reply line=\${COMP_LINE:0:COMP_POINT} cur
  mapfile -t reply < <("$program" __complete bash "$1" "$line" "$COMP_WORDBREAKS" 2>/dev/null)
  local kind=\${reply[0]:-files}
  COMPREPLY=("\${reply[@]:1}")
  # Without candidates bash looks for files, which is right for files only.
  [[ $kind == files ]] || compopt +o default
  case $kind in
    open) compopt -o nospace ;;
    directories)
      cur=\${2##*=}
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      ;;
  esac
}
complete -o default -F _stave stave
`,
  zsh: `#compdef stave
# zsh completion for stave. To load it: source <(stave completion zsh)
# To keep it: stave completion zsh > "\${fpath[1]}/_stave"
_stave() {
  local -a reply words_ abouts
  local line word
  reply=("\${(@f)$("\${(Q)words[1]}" __complete zsh "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  case \${reply[1]} in
    words|open) ;;
    directories) compset -P '--*='; _files -/; return ;;
    *) compset -P '--*='; _files; return ;;
  esac
  for line in "\${(@)reply[2,-1]}"; do
    word=\${line%%$'\\t'*}
    words_+=("$word")
    if [[ $line == *$'\\t'?* ]]; then abouts+=("$word  -- \${line#*$'\\t'}"); else abouts+=("$word"); fi
  done
  (( \${#words_} )) || return 1
  if [[ \${reply[1]} == open ]]; then
    compadd -l -S '' -d abouts -a words_
  else
    compadd -l -d abouts -a words_
  fi
}
if [[ $funcstack[1] == _stave ]]; then _stave "$@"; else compdef _stave stave; fi
`,
  fish: `# fish completion for stave. To load it: stave completion fish | source
# To keep it: stave completion fish > ~/.config/fish/completions/stave.fish
function __stave_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l reply ($words[1] __complete fish $words[2..-1] "$current" 2>/dev/null)
    set -l before (string match -r -- '^--[^=]+=' $current)
    set -l typed (string replace -r -- '^--[^=]+=' '' $current)
    switch "$reply[1]"
        case words open
            printf '%s\\n' $reply[2..-1]
        case directories
            for found in (__fish_complete_directories "$typed" '')
                echo $before$found
            end
        case '*'
            for found in (__fish_complete_path "$typed")
                echo $before$found
            end
    end
end
complete -c stave -f -a '(__stave_complete)'
`,
};

/** The text that makes a shell complete the command line. */
export function completionScript(shell: (typeof SHELLS)[number]): string {
  return SCRIPTS[shell];
}
