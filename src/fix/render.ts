import {stringify} from 'yaml';
import {quoteWord} from '../access/remote-script.ts';
import type {Edit, NodePlan} from '../changes/change.ts';
import type {RenderFormat} from '../options.ts';
import {UserFacingError} from '../user-facing-error.ts';
import type {PreparedFix} from './prepare-fix.ts';

const keyOf = (key: ReadonlyArray<string | number>): string => key.map(String).join('.');

/** Needs yq (mikefarah) 4: comments and order stay there, too. */
const typeYaml = ({path, key, value}: Extract<Edit, {readonly kind: 'yaml' | 'json'}>): string =>
	`yq -i ${quoteWord(`.${key.map(part => (typeof part === 'number' ? `[${part}]` : `["${part}"]`)).join('')} = ${JSON.stringify(value)}`)} ${quoteWord(path)}`;

const typeEdit = (edit: Edit): readonly string[] => {
	switch (edit.kind) {
		case 'file': {
			return [`printf '%s' ${quoteWord(edit.content)} >${quoteWord(edit.path)}`];
		}

		case 'yaml':
		case 'json': {
			return [`cp -a ${quoteWord(edit.path)} ${quoteWord(`${edit.path}.bak`)}`, typeYaml(edit)];
		}

		case 'sysctl': {
			return [`sysctl -w ${quoteWord(`${edit.key.replaceAll('/', '.')}=${edit.value}`)}`];
		}

		case 'module': {
			return [`modprobe ${quoteWord(edit.name)}`];
		}

		case 'bridge-port': {
			return [`ip link set dev ${quoteWord(edit.port)} type bridge_slave hairpin ${edit.value === 1 ? 'on' : 'off'}`];
		}

		case 'bridge-flag': {
			return [`echo ${edit.value} >${quoteWord(`/sys/class/net/${edit.bridge}/bridge/${edit.flag}`)}`];
		}

		case 'rule': {
			const [chain, ...words] = edit.words.map(word => quoteWord(word));
			const rule = `${chain} ${words.join(' ')}`;
			return [`${edit.program} -w -t ${edit.table} -C ${rule} 2>/dev/null || ${edit.program} -w -t ${edit.table} -I ${rule}`];
		}
	}
};

const commandsOf = ({edits, restarts}: NodePlan): readonly string[] => [...edits.flatMap(edit => typeEdit(edit)), ...restarts.map(({daemon}) => `systemctl restart ${quoteWord(daemon)}`)];

/** Nodes where the same is typed, together: ports differ from node to node, the rest mostly not. */
const groupNodes = (nodes: readonly NodePlan[]): ReadonlyArray<{readonly names: readonly string[]; readonly commands: readonly string[]; readonly plan: NodePlan}> =>
	Map.groupBy(nodes, node => commandsOf(node).join('\n')).values()
		.map(group => ({names: group.map(({node}) => node), commands: commandsOf(group[0]), plan: group[0]})).toArray();

const renderShell = ({preview, change}: PreparedFix): string => [
	'#!/bin/sh',
	`# ${preview.title}. Run it as root on the nodes that it names.`,
	...preview.price.map(text => `# Price: ${text}`),
	'set -eu',
	'case $(uname -n) in',
	...groupNodes(change.plan.nodes).flatMap(({names, commands}) => [`${names.join(' | ')})`, ...commands.map(command => `\t${command}`), '\t;;']),
	'*) echo "nothing is to be done on this node" ;;',
	'esac',
	'',
].join('\n');

const taskOf = (edit: Edit): Readonly<Record<string, unknown>> => {
	switch (edit.kind) {
		case 'file': {
			return {name: `Write ${edit.path}`, 'ansible.builtin.copy': {dest: edit.path, content: edit.content, mode: '0644'}};
		}

		case 'sysctl': {
			return {
				name: `Set ${edit.key}`, 'ansible.posix.sysctl': {
					name: edit.key.replaceAll('/', '.'), value: edit.value, sysctl_set: true, state: 'present', reload: false,
				},
			};
		}

		case 'module': {
			return {name: `Load ${edit.name}`, 'community.general.modprobe': {name: edit.name, state: 'present'}};
		}

		case 'yaml':
		case 'json':
		case 'bridge-port':
		case 'bridge-flag':
		case 'rule': {
			return {name: edit.kind === 'yaml' || edit.kind === 'json' ? `Set ${keyOf(edit.key)} in ${edit.path}` : `Change a ${edit.kind}`, 'ansible.builtin.shell': typeEdit(edit).join('\n')};
		}
	}
};

const renderAnsible = ({preview, change}: PreparedFix): string => stringify(groupNodes(change.plan.nodes).map(({names, plan}) => ({
	name: preview.title,
	hosts: names.join(','),
	become: true,
	serial: [1, '100%'],
	tasks: [...plan.edits.map(edit => taskOf(edit)), ...plan.restarts.map(({daemon}) => ({name: `Restart ${daemon}`, 'ansible.builtin.systemd': {name: daemon, state: 'restarted'}}))],
})), {aliasDuplicateObjects: false, lineWidth: 0});

const onHost = ['nsenter', '--target', '1', '--mount', '--uts', '--ipc', '--net', '--', 'sh', '-c'];

/** Each pod does it once on its node, and sleeps: a DaemonSet has no end of its own. */
const renderDaemonSet = (fix: PreparedFix, image: string): string => stringify({
	apiVersion: 'apps/v1',
	kind: 'DaemonSet',
	metadata: {name: `hairpin-${fix.change.recipe.name}`, namespace: 'kube-system', labels: {'app.kubernetes.io/name': 'hairpin-fix'}},
	spec: {
		selector: {matchLabels: {'app.kubernetes.io/name': 'hairpin-fix'}},
		updateStrategy: {type: 'RollingUpdate', rollingUpdate: {maxUnavailable: 1}},
		template: {
			metadata: {labels: {'app.kubernetes.io/name': 'hairpin-fix'}},
			spec: {
				hostPID: true,
				hostNetwork: true,
				automountServiceAccountToken: false,
				tolerations: [{operator: 'Exists'}],
				initContainers: [{
					name: 'change', image, securityContext: {privileged: true, runAsUser: 0}, command: [...onHost, renderShell(fix)],
				}],
				containers: [{name: 'wait', image, command: ['sh', '-c', 'trap exit TERM; while :; do sleep 3600 & wait $!; done']}],
			},
		},
	},
}, {aliasDuplicateObjects: false, lineWidth: 0});

/** A change for the whole fleet, for those who may not make it by hand. */
export const renderChange = (fix: PreparedFix, format: RenderFormat, image: string | undefined): string => {
	if (fix.change.plan.objects.length > 0) {
		throw new UserFacingError('this changes objects of the cluster, not nodes', 'hairpin fix … --dry-run shows the patch; put it where these objects come from');
	}

	switch (format) {
		case 'shell': {
			return renderShell(fix);
		}

		case 'ansible': {
			return renderAnsible(fix);
		}

		case 'daemonset': {
			return renderDaemonSet(fix, image ?? 'IMAGE');
		}
	}
};
