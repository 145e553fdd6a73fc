import test from 'ava';
import {toHexDigits} from '../src/hex-address.ts';

test('addresses become the digits that /proc shows', t => {
	t.is(toHexDigits('10.98.171.178'), '0a62abb2');
	t.is(toHexDigits('2001:DB8::12'), '20010db8000000000000000000000012');
	t.is(toHexDigits('::1'), '00000000000000000000000000000001');
	t.is(toHexDigits('fd00:1:2:3:4:5:6:7'), 'fd000001000200030004000500060007');
});
