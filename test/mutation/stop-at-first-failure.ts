import { afterEach, beforeAll, beforeEach } from 'vitest'

// One failed test kills a mutant; the rest of its file tells nothing more.
let hasFailed = false

beforeAll(() => {
  hasFailed = false
})

beforeEach(({ skip }) => {
  if (hasFailed) skip()
})

afterEach(({ task }) => {
  hasFailed ||= task.result?.state === 'fail'
})
