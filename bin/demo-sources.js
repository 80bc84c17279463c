// Generates src/demo/ from the templates: `crbus demo` runs a service as `crbus new` creates it. `write` replaces the folder;
// `check` fails if the folder differs from what the templates generate.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = new URL('..', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'crbus-demo-'))
const crbus = (cwd, words) =>
  execFileSync(process.execPath, [join(root, 'bin/crbus.js'), ...words.split(' '), '--no-install', '--quiet'], {
    cwd,
    env: { ...process.env, CRBUS_PROFILE: '', XDG_CONFIG_HOME: folder },
  })

crbus(folder, 'new service shop')
const shop = join(folder, 'shop')
crbus(
  shop,
  'new aggregate order --event OrderPlaced:order_id=uuid,item=string,total=money --event OrderCancelled:order_id=uuid,reason=string',
)
crbus(
  shop,
  'new aggregate inventory --event StockReserved:order_id=uuid,item=string --event StockReleased:order_id=uuid,item=string',
)
crbus(
  shop,
  'new aggregate payment --event PaymentCompleted:order_id=uuid,amount=money --event PaymentFailed:order_id=uuid,amount=money,reason=string',
)
// Long enough to look at the order that hangs, before it is compensated.
crbus(
  shop,
  'new saga checkout --on order-events,inventory-events,payment-events --field CompletePayment.amount=total --timeout 1h',
)
// The demo command opens bus and store and writes to the terminal itself.
for (const name of [
  'log.ts',
  'main.ts',
  'options.ts',
  'probes.ts',
  'run.ts',
  'run-until-signal.ts',
  'sample.ts',
  'telemetry.ts',
  'topics.ts',
])
  rmSync(join(shop, 'src', name))

const made = join(shop, 'src')
// The description without the file of its code: users of the demo have the code in a bundle only.
const description = readFileSync(join(shop, 'sagas/checkout.json'), 'utf8').replace(/,\n *"code": .*/, '')
writeFileSync(join(made, 'checkout/description.json'), description)
const kept = join(root, 'src/demo')
const filesIn = (path) =>
  readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|json)$/.test(name))
    .sort()
for (const name of filesIn(made).filter((name) => name.endsWith('.ts'))) {
  const note = '// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.'
  writeFileSync(join(made, name), `${note}\n\n${readFileSync(join(made, name), 'utf8')}`)
}
if (process.argv[2] === 'write') {
  rmSync(kept, { recursive: true, force: true })
  cpSync(made, kept, { recursive: true })
} else {
  const isSame = (name) => readFileSync(join(made, name), 'utf8') === readFileSync(join(kept, name), 'utf8')
  if (filesIn(made).join() !== filesIn(kept).join() || !filesIn(made).every(isSame)) {
    process.stderr.write('src/demo differs from what the templates generate\n  try: npm run demo-sources\n')
    process.exitCode = 1
  }
}
rmSync(folder, { recursive: true })
