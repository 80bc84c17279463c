// The help of all commands as src/commands/README.md: `write` puts it there, `check` fails when it is not what is there. Apart
// from README.md, which is in the package, where `--help` says the same.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { CommandHelp, Config } from '@oclif/core'

const root = new URL('..', import.meta.url).pathname
const config = await Config.load({ root, enablePerf: false })
const helpOf = (command) =>
  new CommandHelp(command, config, { maxWidth: 100, stripAnsi: true }).generate().replaceAll(/[ \t]+$/gm, '')

// Names as they are typed, which oclif puts in on its way to a terminal alone.
const commands = config.commands.map((command) => ({ ...command, id: command.id.replaceAll(':', ' ') }))
commands.sort((a, b) => (a.id < b.id ? -1 : 1))
const sections = commands.map((command) => {
  return `## crbus ${command.id}\n\n${command.summary}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`
})

const file = `${root}src/commands/README.md`
const wanted = `# The commands of crbus

<!-- Written by npm run reference: change the help of a command instead. -->

${sections.join('\n')}`

if (process.argv[2] === 'write') writeFileSync(file, wanted)
else if (!existsSync(file) || readFileSync(file, 'utf8') !== wanted) {
  process.stderr.write('src/commands/README.md is not the help of the commands\n  try: npm run reference\n')
  process.exitCode = 1
}
