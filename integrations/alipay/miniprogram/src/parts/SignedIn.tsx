import Taro from '@tarojs/taro'
import type { ReactNode } from 'react'
import { session } from '../hub/session'
import { Button } from './Field'
import { Card } from './Page'

/** Go to a page of ours. */
export function go(page: string): void {
  void Taro.navigateTo({ url: `/pages/${page}/index` })
}

/** What only a bidder who is signed in may see; to others, the way in. */
export function SignedIn({ children }: { children: ReactNode }) {
  if (session.account()) return <>{children}</>
  return (
    <Card>
      <p>请先用申请编码和登记手机号码登录。</p>
      <Button onPress={() => go('login')}>登录</Button>
    </Card>
  )
}
