import test from 'ava';
import {fromHexDigits, toHexDigits} from '../src/hex-address.ts';

test('addresses become the digits that /proc shows', t => {
	t.is(toHexDigits('10.98.171.178'), '0a62abb2');
	t.is(toHexDigits('2001:DB8::12'), '20010db8000000000000000000000012');
	t.is(toHexDigits('::1'), '00000000000000000000000000000001');
	t.is(toHexDigits('fd00:1:2:3:4:5:6:7'), 'fd000001000200030004000500060007');
});

test('and the digits become addresses again; other text is none', t => {
	for (const ip of ['10.98.171.178', '0.0.0.0', '2001:db8::12', '::1', 'fd00:1:2:3:4:5:6:7']) {
		t.is(fromHexDigits(toHexDigits(ip)), ip);
	}

	for (const text of ['', '0a62abb', '0a62abbg', '20010db8']) {
		t.is(fromHexDigits(text), text === '20010db8' ? '32.1.13.184' : undefined);
	}
});
