"""The network: isolated subnets for the database and the functions that use it, public ones for Batch.

There is no NAT gateway, because it would cost more than everything else while idle. From the isolated subnets
only S3 (gateway endpoint, free) and Step Functions (one interface endpoint, in one zone, because each zone costs
about $7 a month) can be reached. Logs and traces of a Lambda leave through Lambda itself and need no endpoint.
"""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

_ISOLATED = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
_PUBLIC = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)


class Network(Construct):
    """`functions_group` may reach database, S3 and Step Functions; `batch_group` lets nothing in."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.isolated, self.public = _ISOLATED, _PUBLIC
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            max_azs=2,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="database", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=20
                ),
                ec2.SubnetConfiguration(
                    name="batch",
                    subnet_type=ec2.SubnetType.PUBLIC,
                    cidr_mask=20,
                    map_public_ip_on_launch=True,
                ),
            ],
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)
            },
        )
        self._log_rejected_traffic()
        self.functions_group = ec2.SecurityGroup(
            self, "FunctionsGroup", vpc=self.vpc, description="Functions that use the database"
        )
        self.batch_group = ec2.SecurityGroup(
            self, "BatchGroup", vpc=self.vpc, description="Batch jobs: outbound only"
        )
        self._add_states_endpoint()

    def _log_rejected_traffic(self) -> None:
        group = logs.LogGroup(
            self,
            "FlowLogs",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.vpc.add_flow_log(
            "RejectedTraffic",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(group),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )

    def _add_states_endpoint(self) -> None:
        group = ec2.SecurityGroup(
            self,
            "StatesEndpointGroup",
            vpc=self.vpc,
            description="Step Functions endpoint",
            allow_all_outbound=False,
        )
        group.add_ingress_rule(self.functions_group, ec2.Port.tcp(443), "HTTPS from the functions")
        ec2.InterfaceVpcEndpoint(
            self,
            "StatesEndpoint",
            vpc=self.vpc,
            service=ec2.InterfaceVpcEndpointAwsService.STEP_FUNCTIONS,
            subnets=ec2.SubnetSelection(subnets=[self.vpc.isolated_subnets[0]]),
            security_groups=[group],
            open=False,
        )
