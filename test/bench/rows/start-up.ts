import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Contender, compare, type Outcome, timeCommand } from '../measure.ts'
import { peersHere } from '../peers.ts'
import { against, formatTime, ratioAtMost, timeRatio } from '../report.ts'
import { crbus, type Row } from '../setting.ts'

const ROUNDS = 15
const VERSION_RATIO = 2.5
const LIST_RATIO = 4

export const startUp: Row = {
  name: 'start-up',
  note: 'from spawn to exit, without a shell and without NODE_EXTRA_CA_CERTS, all by the same Node. "packed" is what users run: made by npm pack and installed. The ratio is of times: lower is better.',

  async run(setting) {
    const { brokers } = await setting.bus()
    await using topic = await setting.newTopic()
    const packed = [process.execPath, installPacked(join(setting.folder, 'packed'))]
    const list = ['topics', 'list', '-b', brokers]
    const [node, version, packedVersion, listed, packedListed, ...listers] = await compare(
      [
        starting('node -e 0', [process.execPath, '-e', '0']),
        starting('crbus --version', crbus('--version'), 'crbus/'),
        starting('crbus --version, packed', [...packed, '--version'], 'crbus/'),
        starting('crbus topics list', crbus(...list), topic.name),
        starting('crbus topics list, packed', [...packed, ...list], topic.name),
        ...peersHere.flatMap((peer) => (peer.list ? starting(peer.name, peer.list(brokers), topic.name) : [])),
      ],
      { rounds: ROUNDS, expected: 1 },
    )
    const besideNode = (own: Outcome, bound: number) =>
      against(own.name, own, [node], {
        show: formatTime,
        ratio: timeRatio,
        target: (ratio) => ratioAtMost(bound, ratio),
      })
    return [
      ...besideNode(version, VERSION_RATIO),
      ...besideNode(packedVersion, VERSION_RATIO),
      ...besideNode(listed, LIST_RATIO),
      ...besideNode(packedListed, LIST_RATIO),
      ...listers.flatMap((lister) =>
        against(packedListed.name, packedListed, [lister], { show: formatTime, ratio: timeRatio }),
      ),
    ]
  },
}

const starting = (name: string, command: readonly string[], prints = ''): Contender => ({
  name,
  run: () => timeCommand(command, prints),
})

/** What users get: packed by npm and installed somewhere else. Returns its bin. */
function installPacked(folder: string): string {
  mkdirSync(folder)
  const npm = (...words: string[]) => execFileSync('npm', words, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] })
  npm('pack', '--silent', '--pack-destination', folder)
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))
  if (tarball === undefined) throw new Error('npm pack left no tarball')
  npm('install', '--silent', '--no-audit', '--no-fund', '--prefer-offline', '--prefix', folder, join(folder, tarball))
  return join(folder, 'node_modules', 'crbus', 'bin', 'crbus.js')
}

const ROOT = new URL('../../../', import.meta.url).pathname
