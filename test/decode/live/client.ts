import {createSocket} from 'node:dgram';
import {connect} from 'node:net';
import process from 'node:process';

const servers = process.argv.slice(2);

/** Sends bytes over TCP and waits for them to come back; a refused connection is an answer too. */
const talkTcp = async (host: string, port: number, length: number): Promise<void> => new Promise(resolve => {
	let received = 0;
	const socket = connect({host, port}, () => {
		socket.write(new Uint8Array(length).fill(0x78));
	});
	socket.on('data', data => {
		received += data.length;
		if (received >= length) {
			socket.end();
		}
	});
	socket.on('error', () => {
		socket.destroy();
	});
	socket.on('close', () => {
		resolve();
	});
});

/** Sends a datagram and waits for the echo, or for the ICMP error that refuses it. */
const talkUdp = async (host: string, port: number, length: number): Promise<void> => new Promise(resolve => {
	const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
	const finish = (): void => {
		socket.close();
		resolve();
	};

	socket.once('message', finish);
	socket.once('error', finish);
	// Connected, so that the kernel tells of ICMP errors.
	socket.connect(port, host, () => {
		socket.send(new Uint8Array(length).fill(0x75));
	});
});

/** The last packets, known by their ports: one on every network. */
const sayLast = async (host: string): Promise<void> => new Promise(resolve => {
	const socket = createSocket('udp4');
	socket.bind(0xBE_EF, () => {
		socket.send('last', 0xCA_FE, host, () => {
			socket.close(resolve);
		});
	});
});

const talkTo = async (host: string): Promise<void> => {
	await Array.fromAsync([1, 1000, 20_000], async length => talkTcp(host, 8080, length));
	await talkTcp(host, 81, 1);
	// The large one is fragmented.
	await Array.fromAsync([0, 1, 19, 20, 512, 4000], async length => talkUdp(host, 5353, length));
	await talkUdp(host, 82, 40);
};

await Array.fromAsync(servers, async host => talkTo(host));
await Array.fromAsync(servers.filter(server => !server.includes(':')), async host => sayLast(host));
