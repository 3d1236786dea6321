import assert from 'node:assert/strict'
import test from 'node:test'
import { untilAnswered } from './retry.ts'

const UNKNOWN = new Error('nobody answered')
const REFUSED = new Error('refused')

function sending(...answers: (string | Error)[]) {
  const tries: number[] = []
  const rests: number[] = []
  const patience = {
    triesMax: 3,
    pauseMs: 700,
    unknown: (error: unknown) => error === UNKNOWN,
    rest: async (ms: number) => void rests.push(ms),
  }
  const send = async () => {
    const answer = answers.shift() ?? UNKNOWN
    if (answer instanceof Error) throw answer
    return answer
  }
  return { tries, rests, outcome: untilAnswered(send, (number) => tries.push(number), patience) }
}

test('an answer ends it at once', async () => {
  const { tries, rests, outcome } = sending('receipt')
  assert.equal(await outcome, 'receipt')
  assert.deepEqual([tries, rests], [[1], []])
})

test('silence is answered by sending again, ever more slowly', async () => {
  const { tries, rests, outcome } = sending(UNKNOWN, UNKNOWN, 'receipt')
  assert.equal(await outcome, 'receipt')
  assert.deepEqual([tries, rests], [[1, 2, 3], [700, 1_400]])
})

test('a refusal is not asked about twice', async () => {
  const { tries, outcome } = sending(UNKNOWN, REFUSED, 'never')
  await assert.rejects(outcome, REFUSED)
  assert.deepEqual(tries, [1, 2])
})

test('after the last try the outcome is still unknown', async () => {
  const { tries, outcome } = sending()
  await assert.rejects(outcome, UNKNOWN)
  assert.deepEqual(tries, [1, 2, 3])
})
