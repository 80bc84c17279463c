// Generates src/commands/README.md from the help of all commands, and the shapes in src/commands/JSON.md from the schemas of
// documents. `write` replaces the files; `check` fails if a file differs. The reference is not part of README.md, which is in
// the package: `--help` says the same there.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { CommandHelp, Config } from '@oclif/core'
import { withShapes } from './document-shapes.js'

const root = new URL('..', import.meta.url).pathname
const config = await Config.load({ root, enablePerf: false })
const helpOf = (command) =>
  new CommandHelp(command, config, { maxWidth: 100, stripAnsi: true }).generate().replaceAll(/[ \t]+$/gm, '')

// oclif separates the words of a command name by colons, and replaces them only when it prints to a terminal.
const helpFields = JSON.parse(readFileSync(`${root}dist/cli/help.json`, 'utf8'))
const ownCommands = config.commands.filter(({ id, aliases = [] }) => !aliases.includes(id))
const commands = ownCommands.map((command) => ({
  ...command,
  ...helpFields[command.id],
  id: command.id.replaceAll(':', ' '),
}))
commands.sort((a, b) => (a.id < b.id ? -1 : 1))
const sections = commands.map((command) => {
  const schema = `../documents/${command.document}.schema.json`
  const text = `\`\`\`text\n${helpOf(command)}\n\`\`\``
  return `## crbus ${command.id}\n\n${command.summary}\n\n${text}\n\nDocument of --json: [${command.document}](${schema})\n`
})

const reference = `<!-- Generated from the help of the commands by npm run reference. Do not edit: change the help. -->

# The commands of crbus

${sections.join('\n')}`

const documents = `${root}src/commands/JSON.md`
const wanted = new Map([
  [`${root}src/commands/README.md`, reference],
  [documents, withShapes(readFileSync(documents, 'utf8'))],
])
for (const [file, text] of wanted) {
  if (process.argv[2] === 'write') writeFileSync(file, text)
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`${file.slice(root.length)} differs from what npm run reference writes\n`)
    process.exitCode = 1
  }
}
