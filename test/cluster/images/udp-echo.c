/* udp-echo PORT [ADDRESS]: sends every datagram back to where it came from. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv) {
	char data[2048];
	struct sockaddr_in self = {.sin_family = AF_INET}, peer;
	int socket_fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (argc < 2) return 2;
	self.sin_port = htons(atoi(argv[1]));
	self.sin_addr.s_addr = argc > 2 ? inet_addr(argv[2]) : INADDR_ANY;
	if (bind(socket_fd, (struct sockaddr *)&self, sizeof self) != 0) {
		perror("udp-echo");
		return 1;
	}
	for (;;) {
		socklen_t size = sizeof peer;
		ssize_t length = recvfrom(socket_fd, data, sizeof data, 0, (struct sockaddr *)&peer, &size);
		if (length >= 0) sendto(socket_fd, data, length, 0, (struct sockaddr *)&peer, size);
	}
}
