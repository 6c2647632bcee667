import { expect, test } from 'vitest'

import { parseMount } from '../../src/image/index.ts'

test.each([
  ['images/my-app', 'images/my-app', '/'],
  ['.', '.', '/'],
  ['/ipfs/QmHash', '/ipfs/QmHash', '/'],
  ['key:/etc/identity', 'key', '/etc/identity'],
  ['./dir:/', './dir', '/'],
  ['/ipfs/QmHash:/svc/x', '/ipfs/QmHash', '/svc/x'],
  ['a:b', 'a:b', '/'],
  ['a:b:/c', 'a:b:/c', '/'],
  ['a:/b:/c', 'a', '/b:/c'],
  ['a:', 'a:', '/'],
  ['a://b//c/./d/', 'a', '/b/c/d'],
  [':b', ':b', '/'],
])('the mount argument %s is source %s at %s', (argument, source, target) => {
  expect(parseMount(argument)).toEqual({ source, target })
})

test.each([
  ['', 'it is empty'],
  [':/etc', ':/etc names a target but no source'],
  ['a:/etc/../x', 'contains ..'],
  ['a:/..', 'contains ..'],
  ['a\0b', 'zero byte'],
])('the mount argument %j is refused with the reason', (argument, reason) => {
  expect(() => parseMount(argument)).toThrow(expect.objectContaining({ code: 'INVALID_MOUNT' }))
  expect(() => parseMount(argument)).toThrow(reason)
})
