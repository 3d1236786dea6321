import { useCallback, useEffect, useRef, useState } from 'react'
import { sentence, unknownOutcome } from '../hub/problem'

// Where nobody answers a question is asked again by itself, more and more slowly.
const TRIES_MAX = 6
const REST_MS = 2_000

interface Asked<T> {
  value?: T
  fault: string
  again: () => void
}

/** What the hub answers to a question asked when the page opens; asked again by `again`, and every `everyMs` if given. */
export function useAsk<T>(question: () => Promise<T>, everyMs = 0): Asked<T> {
  const [value, setValue] = useState<T>()
  const [fault, setFault] = useState('')
  const asking = useRef(question)
  const tries = useRef(0)
  const later = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  asking.current = question
  const again = useCallback(() => {
    clearTimeout(later.current)
    asking.current().then(
      (answer) => {
        tries.current = 0
        setValue(() => answer)
        setFault('')
      },
      (error: unknown) => {
        setFault(sentence(error))
        tries.current += 1
        if (!everyMs && unknownOutcome(error) && tries.current < TRIES_MAX) {
          later.current = setTimeout(again, REST_MS * tries.current)
        }
      },
    )
  }, [everyMs])
  useEffect(() => {
    tries.current = 0
    again()
    const timer = everyMs ? setInterval(again, everyMs) : undefined
    return () => {
      clearInterval(timer)
      clearTimeout(later.current)
      tries.current = TRIES_MAX
    }
  }, [again, everyMs])
  return { value, fault, again }
}
