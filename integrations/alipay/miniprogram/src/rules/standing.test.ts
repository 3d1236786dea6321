import assert from 'node:assert/strict'
import test from 'node:test'
import { instant } from './moment.ts'
import { standing, type Standing } from './standing.ts'

const day = (number: number, time = '09:00') => `2026-03-${String(number).padStart(2, '0')}T${time}:00.000+08:00`
const MILESTONES = {
  deposits_open: day(7),
  alipay_closes: day(16, '17:00'),
  deposits_close: day(17, '17:00'),
  corrections_close: day(18, '17:00'),
  activation_opens: day(23),
  activation_closes: day(24, '17:00'),
  auction_opens: day(25),
  auction_closes: day(25, '15:00'),
}
const NOBODY: Standing = { deposit: 'none', doubtful: 0, audit: '', refusal_text: '', qualified: false, activated_at: null, locked: false }
const QUALIFIED: Standing = { ...NOBODY, deposit: 'held', audit: 'passed', qualified: true }
const ACTIVE: Standing = { ...QUALIFIED, activated_at: day(23) }

test('where a bidder stands, and the one thing to do next', () => {
  const cases: [name: string, mine: Standing, now: string, kind: string, says: RegExp, page: string | undefined][] = [
    ['too early', NOBODY, day(6), 'warn', /3月7日 周六 09:00 起缴纳/, undefined],
    ['to be paid', NOBODY, day(10), 'warn', /3月17日 周二 17:00 前缴纳/, 'deposit'],
    ['being looked at', { ...NOBODY, deposit: 'pending' }, day(10), 'warn', /正在确认/, 'deposit'],
    ['doubtful', { ...NOBODY, doubtful: 1 }, day(12), 'warn', /更正/, 'correction'],
    ['not found', NOBODY, day(18), 'warn', /没有找到/, 'correction'],
    ['never paid', NOBODY, day(19), 'bad', /没有您的保证金/, undefined],
    ['doubtful for ever', { ...NOBODY, doubtful: 1 }, day(19), 'bad', /没有您的保证金/, undefined],
    ['paid', { ...NOBODY, deposit: 'held' }, day(12), 'good', /等待资格审核/, undefined],
    ['audit failed', { ...NOBODY, deposit: 'held', audit: 'failed', refusal_text: '资格审核未通过: 已有车' }, day(20), 'bad', /已有车/, undefined],
    ['qualified early', QUALIFIED, day(22), 'good', /3月23日 周一 09:00 起激活/, undefined],
    ['qualified', QUALIFIED, day(23), 'warn', /3月24日 周二 17:00 前完成/, 'activation'],
    ['not activated', QUALIFIED, day(25), 'bad', /未激活/, undefined],
    ['activated', ACTIVE, day(24), 'good', /3月25日 周三 09:00 参加/, 'auction'],
    ['bidding', ACTIVE, day(25, '10:00'), 'good', /正在进行/, 'auction'],
    ['over', ACTIVE, day(25, '15:00'), 'good', /已结束/, 'result'],
    ['locked', { ...ACTIVE, locked: true }, day(25, '10:00'), 'bad', /锁定/, undefined],
  ]
  for (const [name, mine, now, kind, says, page] of cases) {
    const next = standing(mine, MILESTONES, instant(now))
    assert.equal(next.kind, kind, name)
    assert.match(next.says, says, name)
    assert.equal(next.page, page, name)
    assert.equal(Boolean(next.act), Boolean(page), name)
  }
})
