// Generates src/commands/README.md from the help of all commands. `write` replaces the file; `check` fails if the file differs.
// The reference is not part of README.md, which is in the package: `--help` says the same there.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { CommandHelp, Config } from '@oclif/core'

const root = new URL('..', import.meta.url).pathname
const config = await Config.load({ root, enablePerf: false })
const helpOf = (command) =>
  new CommandHelp(command, config, { maxWidth: 100, stripAnsi: true }).generate().replaceAll(/[ \t]+$/gm, '')

// oclif separates the words of a command name by colons, and replaces them only when it prints to a terminal.
const commands = config.commands.map((command) => ({ ...command, id: command.id.replaceAll(':', ' ') }))
commands.sort((a, b) => (a.id < b.id ? -1 : 1))
const sections = commands.map((command) => {
  return `## crbus ${command.id}\n\n${command.summary}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`
})

const file = `${root}src/commands/README.md`
const wanted = `<!-- Generated from the help of the commands by npm run reference. Do not edit: change the help. -->

# The commands of crbus

${sections.join('\n')}`

if (process.argv[2] === 'write') writeFileSync(file, wanted)
else if (!existsSync(file) || readFileSync(file, 'utf8') !== wanted) {
  process.stderr.write('src/commands/README.md differs from the help of the commands\n  try: npm run reference\n')
  process.exitCode = 1
}
