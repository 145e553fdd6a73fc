import {createSocket} from 'node:dgram';
import {createServer} from 'node:net';

/** Echoes TCP on 8080 and UDP on 5353, of both IP versions, until it is interrupted. */
const tcp = createServer(socket => {
	socket.on('error', () => {
		socket.destroy();
	});
	socket.pipe(socket);
});
const udp = createSocket('udp6');
udp.on('message', (message, from) => {
	udp.send(message, from.port, from.address);
});
udp.bind(5353, () => {
	tcp.listen(8080, '::', () => {
		console.log('ready');
	});
});
