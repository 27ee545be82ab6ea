# SPDX-License-Identifier: Apache-2.0
"""A machine with operators: a network namespace in which /etc/passwd, /etc/group and /etc/shadow are the test's own (bind mounts in a mount
namespace; the real files are not touched), and an OpenSSH server whose users have `baton` as their login shell.

  boss    baton is its login shell; no account of that name on the switch, so the group makes it an administrator
  noc     the same, and `create account user noc` on the switch: may look, not touch
  guest   the same, not in group baton: sshd lets it in, the switch's socket does not
  poller  an ordinary shell, and a key that runs one command only
  shared  an ordinary shell, and a key that runs `baton --login`: who it is, its password says
  step    an ordinary shell, an account that may look, and a key that runs `baton --as chief`
  watch   an ordinary shell, and a key that runs `baton --as user`: an administrator who wants to be careful"""

import os
import shutil
import subprocess

from tests.support import processes
from tests.support.ground import Ground, run

SSHD = '/usr/sbin/sshd'
PRIVILEGES = '/run/sshd'
ADDRESS = '127.0.0.1'
GROUP, GUESTS = 64900, 64901
FORCED = {'poller': 'restrict,command="{client} -j -c \'show msm-failover\'"', 'shared': 'restrict,pty,command="{client} --login"',
          'step': 'restrict,pty,command="{client} --as chief"', 'watch': 'restrict,pty,command="{client} --as user"'}
USERS = {user: (64911 + number, GUESTS if user == 'guest' else GROUP) for number, user in enumerate(['boss', 'noc', 'guest', *FORCED])}

SSHD_CONFIG = '''
ListenAddress {address}
HostKey {folder}/host_key
PidFile none
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
AuthorizedKeysFile {folder}/keys/%u
PrintMotd no
PrintLastLog no
SetEnv BATON_SOCKET={socket}
'''


class Machine(Ground):
    """Processes started with netns= run on this machine."""

    def __init__(self, name):
        super().__init__(name)
        self.key = self.path('key')
        self.client = self.path('bin/baton')
        self.sshd = None
        self.made_run = False
        self.netns = None

    def up(self):
        super().up()
        self.netns = self.namespace('machine')
        self._write_etc()
        for folder in ('keys', 'bin'):
            os.makedirs(self.path(folder), exist_ok=True)
        for name in ('key', 'host_key'):
            run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', self.path(name))
        with open(self.key + '.pub') as file:
            public = file.read()
        for user in USERS:
            with open(self.path('keys/' + user), 'w') as file:
                file.write(f'{FORCED.get(user, "").format(client=self.client)} {public}'.lstrip())
        with open(self.path('known_hosts'), 'w') as file, open(self.path('host_key.pub')) as key:
            file.write(f'{ADDRESS} {key.read()}')

    def _write_etc(self):
        passwd = ['root:x:0:0:root:/root:/bin/sh', 'sshd:x:64900:65534::/run/sshd:/usr/sbin/nologin',
                  'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin']
        passwd += [f'{user}:x:{uid}:{gid}:{user}:/:{"/bin/sh" if user in FORCED else self.client}' for user, (uid, gid) in USERS.items()]
        files = {'passwd': passwd, 'group': ['root:x:0:', 'nogroup:x:65534:', f'baton:x:{GROUP}:', f'guests:x:{GUESTS}:'],
                 'shadow': [f'{line.split(":")[0]}:*:19000:0:99999:7:::' for line in passwd]}
        os.makedirs(self.path('etc'), exist_ok=True)
        for name, lines in files.items():
            with open(self.path('etc/' + name), 'w') as file:
                file.write('\n'.join(lines) + '\n')

    def inside(self, command):
        """The command as it is run on this machine; it keeps its pid."""
        mounts = ' && '.join(f'mount --bind {self.path("etc/" + name)} /etc/{name}' for name in ('passwd', 'group', 'shadow'))
        mounts += ' && mount -t tmpfs none /var/log'   # for lastlog and wtmp
        programs = self.path('bin')                    # /run is often one where nothing may be executed
        mounts += f' && mount --bind {programs} {programs} && mount -o remount,bind,exec {programs}'
        return ['unshare', '--mount', 'sh', '-c', mounts + ' && exec "$@"', 'sh', *command]

    def start(self, command, netns=None, log=None, **more):
        return super().start(self.inside(command) if netns else command, netns, log, **more)

    def open_door(self, program, session_socket):
        """Starts sshd; `program` is the client that its users get."""
        shutil.copy(program, self.client)
        with open(self.path('sshd_config'), 'w') as file:
            file.write(SSHD_CONFIG.format(address=ADDRESS, folder=self.folder, socket=session_socket))
        self.made_run = not os.path.isdir(PRIVILEGES)   # sshd's empty room; Debian makes it at boot
        os.makedirs(PRIVILEGES, mode=0o755, exist_ok=True)
        self.sshd = self.start([SSHD, '-D', '-e', '-f', self.path('sshd_config')], netns=self.netns, log='sshd.log',
                               stdin=subprocess.DEVNULL)
        if not processes.until(self._answers, 10, 0.05):
            with open(self.path('sshd.log')) as file:
                raise RuntimeError('sshd does not answer: ' + file.read())

    def down(self):
        super().down()
        if self.made_run:
            os.rmdir(PRIVILEGES)
            self.made_run = False

    def _answers(self):
        return run('/usr/bin/python3', '-c', f'import socket; socket.create_connection(("{ADDRESS}", 22), 1)', netns=self.netns,
                   check=False).returncode == 0

    def ssh_command(self, user, *command, terminal=False):
        return ['ip', 'netns', 'exec', self.netns, 'ssh', '-F', 'none', '-i', self.key, '-o', 'BatchMode=yes',
                '-o', f'UserKnownHostsFile={self.path("known_hosts")}', *(['-tt'] if terminal else []), f'{user}@{ADDRESS}', *command]

    def ssh(self, user, *command, stdin='', terminal=False, timeout=30):
        """ssh as a script uses it; the finished process."""
        return subprocess.run(self.ssh_command(user, *command, terminal=terminal), input=stdin, capture_output=True, text=True,
                              timeout=timeout, check=False)
