import {readUint16} from './bytes.ts';
import type {PacketRecord} from './packet-record.ts';
import {LINK_SHORT, markShort} from './malformation.ts';

const ETHERNET_TYPE = 12;
const ETHERNET_HEADER_LENGTH = 14;
const VLAN_TAG_LENGTH = 4;
/** Below this the field is a length: an IEEE 802.3 frame without EtherType. */
const SMALLEST_ETHER_TYPE = 0x06_00;

export const ETHER_TYPE_IPV4 = 0x08_00;
export const ETHER_TYPE_ARP = 0x08_06;
export const ETHER_TYPE_IPV6 = 0x86_DD;
const ETHER_TYPE_VLAN = 0x81_00;
const ETHER_TYPE_QINQ = 0x88_A8;
const ETHER_TYPE_OLD_QINQ = 0x91_00;

const vlanTypes: ReadonlySet<number> = new Set([ETHER_TYPE_VLAN, ETHER_TYPE_QINQ, ETHER_TYPE_OLD_QINQ]);

/** Takes the 802.1Q tags off. In: the EtherType and what follows it. Each tag is two bytes of priority and VLAN id, then the next EtherType. */
export const readEtherType = (bytes: Uint8Array, record: PacketRecord, etherType: number): void => {
	while (vlanTypes.has(etherType)) {
		if (record.networkOffset + VLAN_TAG_LENGTH > record.end) {
			markShort(record, LINK_SHORT, record.networkOffset);
			return;
		}

		etherType = readUint16(bytes, record.networkOffset + 2);
		record.networkOffset += VLAN_TAG_LENGTH;
		record.vlanCount++;
	}

	record.etherType = etherType >= SMALLEST_ETHER_TYPE ? etherType : 0;
};

/** Reads an Ethernet header at an offset: sets EtherType, VLAN count and where the network layer begins. */
export const decodeEthernet = (bytes: Uint8Array, record: PacketRecord, at: number): void => {
	if (at + ETHERNET_HEADER_LENGTH > record.end) {
		markShort(record, LINK_SHORT, at);
		return;
	}

	record.networkOffset = at + ETHERNET_HEADER_LENGTH;
	readEtherType(bytes, record, readUint16(bytes, at + ETHERNET_TYPE));
};
