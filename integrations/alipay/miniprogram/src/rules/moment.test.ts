import assert from 'node:assert/strict'
import test from 'node:test'
import { countdown, dayAndTime, instant, periodName, timeOfDay } from './moment.ts'

test('what is left counts down to nothing and stays there', () => {
  const cases: [leftMs: number, shown: string][] = [
    [-5_000, '00:00:00'],
    [0, '00:00:00'],
    [1, '00:00:01'],
    [59_999, '00:01:00'],
    [3_600_000 * 6, '06:00:00'],
    [86_400_000 * 3 + 3_661_000, '3天 01:01:01'],
  ]
  for (const [leftMs, shown] of cases) assert.equal(countdown(leftMs), shown)
})

test('instants are shown in Beijing time wherever the phone is', () => {
  for (const written of ['2026-03-25T09:00:00.000', '2026-03-25T09:00:00.000+08:00', '2026-03-25T01:00:00Z', '2026-03-24T21:00:00-04:00']) {
    assert.equal(dayAndTime(written), '3月25日 周三 09:00')
    assert.equal(timeOfDay(written), '09:00:00.000')
  }
  assert.equal(timeOfDay('2026-03-25T14:59:58.123+08:00'), '14:59:58.123')
  assert.equal(instant('1970-01-01T08:00:00+08:00'), 0)
  assert.equal(instant('1970-01-01T08:00:00.000'), 0)
})

test('a day that begins in Beijing while it is yesterday in Greenwich', () => {
  assert.equal(dayAndTime('2026-03-01T00:30:00+08:00'), '3月1日 周日 00:30')
})

test('a period is named by its month', () => {
  assert.equal(periodName('2026-03'), '2026年3月')
})
