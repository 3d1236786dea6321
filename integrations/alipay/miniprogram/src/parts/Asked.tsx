import type { ReactNode } from 'react'
import { Button } from './Field'
import { Banner, Loading } from './Page'

interface Question<T> {
  value?: T
  fault: string
  again: () => void
  lines?: number
  children: (value: T) => ReactNode
}

/** What the hub answered, once it has; until then its place, and where it did not answer, why and how to ask again. */
export function Asked<T>({ value, fault, again, lines, children }: Question<T>) {
  return (
    <>
      {fault && (
        <Banner kind={value === undefined ? 'bad' : 'warn'}>
          <p>{fault}</p>
          <Button quiet onPress={again}>
            重试
          </Button>
        </Banner>
      )}
      {value === undefined ? !fault && <Loading lines={lines} /> : children(value)}
    </>
  )
}
