import assert from 'node:assert/strict'
import test from 'node:test'
import { priceFault, stepped, yuan, yuanOfFen } from './price.ts'

const LIMITS = { reserve: 10_000, tick: 100, cap: 64_250 }
const NO_CAP = { ...LIMITS, cap: null }

test('a price as it is typed', () => {
  const cases: [typed: string, fault: RegExp | ''][] = [
    ['', ''],
    ['10000', ''],
    ['64200', ''],
    ['9900', /不得低于保留价 10,000 元/],
    ['64300', /不得高于最高限价 64,250 元/],
    ['10050', /100 元的整数倍/],
    ['1e5', /整数/],
    ['10000.00', /整数/],
    ['-10000', /整数/],
    ['010000', /整数/],
    ['1000000000', /整数/],
    ['１００００', /整数/],
  ]
  for (const [typed, fault] of cases) assert.match(priceFault(typed, LIMITS), fault || /^$/, typed)
})

test('without an earlier average there is no cap', () => {
  assert.equal(priceFault('999999900', NO_CAP), '')
  assert.equal(stepped('999999900', 1, NO_CAP), '999999900')
})

test('a step goes to the next tick and never leaves the limits', () => {
  const cases: [typed: string, ticks: number, becomes: string][] = [
    ['', 1, '10000'],
    ['', -1, '10000'],
    ['20000', 1, '20100'],
    ['20000', -10, '19000'],
    ['20050', 1, '20100'],
    ['20050', -1, '20000'],
    ['10000', -10, '10000'],
    ['64200', 10, '64200'],
    ['5', 1, '10000'],
    ['abc', 10, '10900'],
  ]
  for (const [typed, ticks, becomes] of cases) {
    assert.equal(stepped(typed, ticks, LIMITS), becomes, `${typed} ${ticks}`)
    assert.equal(priceFault(becomes, LIMITS), '')
  }
})

test('thousands are set apart', () => {
  assert.deepEqual([0, 999, 1_000, 12_345_678].map(yuan), ['0', '999', '1,000', '12,345,678'])
})

test('fen are shown as yuan, none of them lost', () => {
  assert.deepEqual([0, 5, 99, 100, 3_120_007].map(yuanOfFen), ['0.00', '0.05', '0.99', '1.00', '31,200.07'])
})
