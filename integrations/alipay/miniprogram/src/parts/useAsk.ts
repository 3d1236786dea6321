import { useCallback, useEffect, useRef, useState } from 'react'
import { sentence } from '../hub/problem'

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
  asking.current = question
  const again = useCallback(() => {
    asking.current().then(
      (answer) => {
        setValue(() => answer)
        setFault('')
      },
      (error: unknown) => setFault(sentence(error)),
    )
  }, [])
  useEffect(() => {
    again()
    if (!everyMs) return
    const timer = setInterval(again, everyMs)
    return () => clearInterval(timer)
  }, [again, everyMs])
  return { value, fault, again }
}
