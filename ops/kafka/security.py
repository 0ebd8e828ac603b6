"""TLS, SCRAM and ACLs for a cluster on loopback: ops/kafka/README.md shows what is made of them.

Clients log in over TLS: by SCRAM-SHA-512, or by PLAIN (decision 0020), as which the one user
`parlour` is known, with the password in `client/parlour.password`. Brokers and controllers know
each other by their certificate. Nobody may do anything but the administrator, whose settings lie
in `client/admin.properties`, and whom the administrator allows it.
"""

import secrets
import subprocess

import jars

ADMIN, NODE = "admin", "parlour"
MODULES = "org.apache.kafka.common.security"
DAYS = "30"


def openssl(*words):
    done = subprocess.run(["openssl", *[str(word) for word in words]], check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        jars.fail(1, f"openssl {words[0]} failed: {done.stdout.decode()[-600:]}")


def make_authority(folder):
    folder.mkdir(parents=True, mode=0o700)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", DAYS,
            "-subj", "/CN=Parlour test authority", "-addext", "basicConstraints=critical,CA:TRUE",
            "-keyout", folder / "ca.key", "-out", folder / "ca.pem")


def make_broker(folder):
    """The brokers' key and certificate in one file, as Kafka wants PEM."""
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=broker",
            "-keyout", folder / "broker.key", "-out", folder / "broker.csr")
    names = folder / "broker.names"
    names.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    openssl("x509", "-req", "-days", DAYS, "-in", folder / "broker.csr", "-CA", folder / "ca.pem",
            "-CAkey", folder / "ca.key", "-CAcreateserial", "-extfile", names,
            "-out", folder / "broker.crt")
    whole = folder / "broker.pem"
    whole.write_bytes((folder / "broker.key").read_bytes() + (folder / "broker.crt").read_bytes() +
                      (folder / "ca.pem").read_bytes())
    whole.chmod(0o600)


def make(data):
    """Makes certificates and the administrator's settings; gives the users that storage is
    formatted with."""
    tls, client = data / "tls", data / "client"
    make_authority(tls)
    make_broker(tls)
    client.mkdir(mode=0o700)
    (client / "ca.pem").write_bytes((tls / "ca.pem").read_bytes())
    node = client / f"{NODE}.password"
    node.touch(mode=0o600)
    node.write_text(secrets.token_hex(16) + "\n")
    password = secrets.token_hex(16)
    login = f"{MODULES}.scram.ScramLoginModule required"
    admin = client / "admin.properties"
    admin.touch(mode=0o600)
    admin.write_text(f"""security.protocol=SASL_SSL
sasl.mechanism=SCRAM-SHA-512
sasl.jaas.config={login} username="{ADMIN}" password="{password}";
ssl.truststore.type=PEM
ssl.truststore.location={client}/ca.pem
""")
    return [f"SCRAM-SHA-512=[name={ADMIN},password={password}]"]


def settings(data):
    """What is added to each broker's settings."""
    password = (data / "client" / f"{NODE}.password").read_text().strip()
    return {
        "listener.name.client.sasl.enabled.mechanisms": "SCRAM-SHA-512,PLAIN",
        "listener.name.client.scram-sha-512.sasl.jaas.config":
            f"{MODULES}.scram.ScramLoginModule required;",
        "listener.name.client.plain.sasl.jaas.config":
            f'{MODULES}.plain.PlainLoginModule required user_{NODE}="{password}";',
        "listener.name.broker.ssl.client.auth": "required",
        "listener.name.controller.ssl.client.auth": "required",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": data / "tls" / "broker.pem",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": data / "tls" / "ca.pem",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "false",
        "super.users": f"User:{ADMIN};User:CN=broker",
    }
