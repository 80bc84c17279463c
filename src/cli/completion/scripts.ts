import type { CompletionShell } from './shell-words.ts'

const bash = `# bash completion for crbus. Load it in ~/.bashrc: source <(crbus completion bash)
_crbus() {
  local IFS=$'\\n' line cur="\${COMP_WORDS[COMP_CWORD]}"
  [[ $cur == [=:] ]] && cur=
  COMPREPLY=()
  while read -r line; do
    if [[ $line == :files ]]; then
      compopt -o filenames 2>/dev/null
      COMPREPLY=($(compgen -f -- "$cur"))
      return
    fi
    COMPREPLY+=("$line")
  done < <(crbus __complete bash "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _crbus crbus
`

const zsh = `#compdef crbus
# zsh completion for crbus. Load it in ~/.zshrc after compinit: source <(crbus completion zsh)
_crbus() {
  local line
  local -a values described before
  (( CURRENT > 2 )) && before=("\${(@Q)words[2,CURRENT-1]}")
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      [[ $PREFIX == --*=* ]] && compset -P '*='
      _files
      return
    fi
    values+=("\${line%%$'\\t'*}")
    if [[ -n \${line#*$'\\t'} ]]; then
      described+=("\${line%%$'\\t'*}  \${line#*$'\\t'}")
    else
      described+=("\${line%%$'\\t'*}")
    fi
  done < <(crbus __complete zsh "\${before[@]}" "\${(Q)PREFIX}" 2>/dev/null)
  (( \${#values} )) && compadd -l -d described -a values
}
if [[ \${funcstack[1]} == _crbus ]]; then
  _crbus "$@"
else
  compdef _crbus crbus
fi
`

const fish = `# fish completion for crbus. Load it in ~/.config/fish/config.fish: crbus completion fish | source
function __crbus_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l last (commandline -ct)
    for line in (crbus __complete fish $words "$last" 2>/dev/null)
        if test "$line" = :files
            set -l start (string match -r -- '^--[a-z-]+=' "$last")
            for file in (__fish_complete_path (string replace -r -- '^--[a-z-]+=' '' "$last"))
                echo -- "$start$file"
            end
        else
            printf '%s\\n' "$line"
        end
    end
end
complete -c crbus -f -k -a '(__crbus_complete)'
`

/** The output of `crbus completion SHELL`. The scripts ask crbus for candidates, so an old script works with a new crbus. */
export const completionScripts: Readonly<Record<CompletionShell, string>> = { bash, zsh, fish }
