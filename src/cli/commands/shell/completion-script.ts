/**
 * Scripts that ask `devnet complete` at each TAB. Ours, because of the completion libraries for commander none completes names
 * that have to be asked for, or files.
 */
const SCRIPTS: Record<string, string> = {
  bash: `_devnet() {
  local word="\${COMP_WORDS[COMP_CWORD]}" line
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = :files ]; then
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$word")
    else
      COMPREPLY+=("\${line%%$'\\t'*}")
    fi
  done < <(devnet complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o filenames -F _devnet devnet
`,
  zsh: `#compdef devnet
_devnet() {
  local line
  local -a values
  for line in "\${(@f)$(devnet complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then
      _files
    elif [[ -n $line ]]; then
      values+=("\${\${line//:/\\\\:}/$'\\t'/:}")
    fi
  done
  (( $#values )) && _describe devnet values
}
if [[ $funcstack[1] == _devnet ]]; then _devnet "$@"; else compdef _devnet devnet; fi
`,
  fish: `function __devnet_complete
    for line in (devnet complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c devnet -f -a '(__devnet_complete)'
`,
};

export function run(shell: string): void {
  process.stdout.write(SCRIPTS[shell] as string);
}
