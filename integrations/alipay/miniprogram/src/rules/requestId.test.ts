import assert from 'node:assert/strict'
import test from 'node:test'
import { newRequestId } from './requestId.ts'

test('a request id is a UUID of version 4, whatever chance says', () => {
  for (const chance of [() => 0, () => 0.999_999, Math.random]) {
    assert.match(newRequestId(chance), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  }
})

test('two requests never bear the same one', () => {
  assert.equal(new Set(Array.from({ length: 2_000 }, () => newRequestId())).size, 2_000)
})
