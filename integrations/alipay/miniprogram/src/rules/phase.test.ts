import assert from 'node:assert/strict'
import test from 'node:test'
import { instant } from './moment.ts'
import { limitsAt, phaseAt, windowPhaseAt, type Live } from './phase.ts'

const at = (time: string) => `2026-03-25T${time}+08:00`
const LIVE: Live = {
  period: '2026-03',
  opens_at: at('09:00:00.000'),
  closes_at: at('15:00:00.000'),
  bids_max: 3,
  limits: { individual: { reserve: 10_000, tick: 100, cap: 30_000 }, unit: { reserve: 10_000, tick: 100, cap: null } },
  phases: [],
  paused_at: null,
  resumes_at: null,
  broadcasts: [],
  lowest: null,
  closed: false,
}

test('where the auction stands, to the millisecond', () => {
  const paused = { ...LIVE, paused_at: at('10:00:00.000') }
  const resumed = { ...paused, resumes_at: at('11:00:00.000') }
  const cases: [live: Live, now: string, phase: string][] = [
    [LIVE, '08:59:59.999', 'before'],
    [LIVE, '09:00:00.000', 'open'],
    [LIVE, '14:59:59.999', 'open'],
    [LIVE, '15:00:00.000', 'counting'],
    [{ ...LIVE, closed: true }, '15:00:10.000', 'closed'],
    [paused, '09:59:59.999', 'open'],
    [paused, '10:00:00.000', 'paused'],
    [paused, '14:00:00.000', 'paused'],
    [resumed, '10:59:59.999', 'paused'],
    [resumed, '11:00:00.000', 'open'],
    [paused, '15:00:00.000', 'counting'],
  ]
  for (const [live, now, phase] of cases) assert.equal(phaseAt(live, instant(at(now))), phase, now)
})

test('a window that is not divided has one set of limits', () => {
  assert.equal(windowPhaseAt(LIVE, instant(at('10:00:00.000'))), undefined)
  assert.deepEqual(limitsAt(LIVE, 'individual', instant(at('10:00:00.000'))), LIVE.limits.individual)
  assert.equal(limitsAt(LIVE, 'nobody', 0), undefined)
})

test('in Shanghai first a warning price, then a band around the lowest that would win', () => {
  const phase = { bids_max: 1, newcomers: true, band: null }
  const live: Live = {
    ...LIVE,
    opens_at: at('10:30:00.000'),
    closes_at: at('11:30:00.000'),
    limits: { individual: { reserve: 100, tick: 100, cap: null, warning: 86_000 } },
    phases: [
      { ...phase, name: 'first', opens_at: at('10:30:00.000'), closes_at: at('11:00:00.000'), limit: 'warning_price' },
      { ...phase, name: 'changes', opens_at: at('11:00:00.000'), closes_at: at('11:30:00.000'), limit: 'around_lowest', band: 300 },
    ],
    lowest: { at: at('11:00:01.000'), classes: { individual: { lowest: 85_500, from: 85_200, to: 85_800 } } },
  }
  assert.deepEqual(limitsAt(live, 'individual', instant(at('10:59:59.999'))), { reserve: 100, tick: 100, cap: 86_000 })
  assert.deepEqual(limitsAt(live, 'individual', instant(at('11:00:00.000'))), { reserve: 85_200, tick: 100, cap: 85_800 })
  assert.equal(windowPhaseAt(live, instant(at('11:00:00.000')))?.name, 'changes')
  // Nobody has bid yet: the hub will say what it takes
  assert.deepEqual(limitsAt({ ...live, lowest: null }, 'individual', instant(at('11:10:00.000'))), { reserve: 100, tick: 100, cap: null })
})
