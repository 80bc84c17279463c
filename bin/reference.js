// The commands' help as a part of README.md: `write` puts it there, `check` fails when it is not what is there.
import { readFileSync, writeFileSync } from 'node:fs'
import { CommandHelp, Config } from '@oclif/core'

const root = new URL('..', import.meta.url).pathname
const [begin, end] = ['<!-- commands, written by npm run reference -->', '<!-- end of commands -->']

const config = await Config.load({ root, enablePerf: false })
const helpOf = (command) =>
  new CommandHelp(command, config, { maxWidth: 100, stripAnsi: true }).generate().replaceAll(/[ \t]+$/gm, '')

// Names as they are typed, which oclif puts in on its way to a terminal alone.
const commands = config.commands.map((command) => ({ ...command, id: command.id.replaceAll(':', ' ') }))
commands.sort((a, b) => (a.id < b.id ? -1 : 1))
const sections = commands.map((command) => {
  return `### crbus ${command.id}\n\n${command.summary}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`
})

const file = `${root}README.md`
const readme = readFileSync(file, 'utf8')
const [before, rest = ''] = readme.split(begin)
const [, after] = rest.split(end)
if (after === undefined) throw new Error(`README.md lacks the lines ${begin} and ${end}`)
const wanted = `${before}${begin}\n\n${sections.join('\n')}\n${end}${after}`

if (process.argv[2] === 'write') writeFileSync(file, wanted)
else if (readme !== wanted) {
  process.stderr.write('the command reference in README.md is stale\n  try: npm run reference\n')
  process.exitCode = 1
}
