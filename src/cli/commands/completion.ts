import { type CliContext, type CommonFlags, present } from '../context.js';
import { wrongUsage } from '../failures.js';

/** They call the program for each word, so that they know the commands of the version that is installed. */
const scripts: ReadonlyMap<string, string> = new Map([
  [
    'bash',
    `_looopy_aws() {
  local line="\${COMP_LINE:0:COMP_POINT}" words
  read -ra words <<< "$line"
  [[ "$line" == *' ' ]] && words+=('')
  mapfile -t COMPREPLY < <(looopy-aws __complete "\${words[@]:1}" 2>/dev/null)
}
complete -o default -F _looopy_aws looopy-aws`,
  ],
  [
    'zsh',
    `_looopy_aws() {
  local -a found
  found=("\${(@f)$(looopy-aws __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found" ]]; then compadd -a found; else _files; fi
}
compdef _looopy_aws looopy-aws`,
  ],
  [
    'fish',
    `complete -c looopy-aws -a '(looopy-aws __complete (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'`,
  ],
]);

export async function printCompletion(this: CliContext, flags: CommonFlags, shell: string): Promise<void> {
  const script = scripts.get(shell);
  if (script === undefined) throw wrongUsage(`The shell must be one of ${[...scripts.keys()].join(', ')}.`);
  present(this, flags, { shell, script }, () => script);
}
