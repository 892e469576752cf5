"""The catalog: Aurora PostgreSQL Serverless v2 that sleeps when nobody uses it.

There is no password anywhere: even the master user signs in with an IAM token, so there is nothing to rotate and
no secret to pay for or to reach from an isolated subnet.
"""

from aws_cdk import Duration, RemovalPolicy, SecretValue
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_rds as rds
from constructs import Construct

from infra.storage.network import Network
from infra.workflow.light_functions import DatabaseUser

DATABASE_NAME = "heaters"
PORT = 5433
"""Not PostgreSQL's usual port, so that nothing connects by accident."""

MAX_CAPACITY_ACU = 16
IDLE_BEFORE_SLEEP = Duration.minutes(5)


class Database(Construct):
    """One writer in isolated subnets, reachable from `network.functions_group` only."""

    def __init__(self, scope: Construct, construct_id: str, *, network: Network) -> None:
        super().__init__(scope, construct_id)
        self.cluster = rds.DatabaseCluster(
            self,
            "Cluster",
            engine=rds.DatabaseClusterEngine.aurora_postgres(
                version=rds.AuroraPostgresEngineVersion.VER_18_4
            ),
            writer=rds.ClusterInstance.serverless_v2("Writer", publicly_accessible=False),
            serverless_v2_min_capacity=0,
            serverless_v2_max_capacity=MAX_CAPACITY_ACU,
            serverless_v2_auto_pause_duration=IDLE_BEFORE_SLEEP,
            credentials=rds.Credentials.from_password(
                DatabaseUser.ADMIN, SecretValue.unsafe_plain_text("unused")
            ),
            iam_authentication=True,
            default_database_name=DATABASE_NAME,
            port=PORT,
            storage_encrypted=True,
            backup=rds.BackupProps(retention=Duration.days(14)),
            copy_tags_to_snapshot=True,
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
            vpc=network.vpc,
            vpc_subnets=network.isolated,
            security_groups=[self._group(network)],
        )
        self._sign_master_user_in_with_iam()

    def grant_connect(self, role: iam.IRole, user: DatabaseUser) -> None:
        """Let `role` sign in as `user`, and as nobody else."""
        self.cluster.grant_connect(role, user)

    def environment(self, user: DatabaseUser) -> dict[str, str]:
        """What a function needs to know to connect."""
        return {
            "HEATERS_DB_HOST": self.cluster.cluster_endpoint.hostname,
            "HEATERS_DB_PORT": str(PORT),
            "HEATERS_DB_NAME": DATABASE_NAME,
            "HEATERS_DB_USER": user,
        }

    def _group(self, network: Network) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(
            self, "Group", vpc=network.vpc, description="Catalog database", allow_all_outbound=False
        )
        group.add_ingress_rule(network.functions_group, ec2.Port.tcp(PORT), "PostgreSQL from the functions")
        return group

    def _sign_master_user_in_with_iam(self) -> None:
        """The construct only knows passwords; the resource knows better."""
        resource = self.cluster.node.default_child
        assert isinstance(resource, rds.CfnDBCluster)
        resource.add_property_deletion_override("MasterUserPassword")
        resource.add_property_override("MasterUserAuthenticationType", "iam-db-auth")
