"""Where Batch jobs run: Fargate, Fargate Spot and GPU instances. All of them shrink to nothing when idle."""

from collections.abc import Mapping

from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from heaters.domain.pipeline import STAGE
from heaters.domain.stage import Runner
from infra.nag import accept
from infra.storage.network import Network

MAX_VCPUS: Mapping[Runner, int] = {
    Runner.BATCH_FARGATE: 256,
    Runner.BATCH_FARGATE_SPOT: 256,
    Runner.BATCH_GPU: 16,
}

GPU_INSTANCE_TYPES = ("g4dn.xlarge", "g5.xlarge", "g6.xlarge")
"""One GPU, 4 vCPU and 16 GiB each: the cheapest that hold the embedding job."""


class BatchEnvironments(Construct):
    """One queue for each kind of runner."""

    def __init__(self, scope: Construct, construct_id: str, *, network: Network) -> None:
        super().__init__(scope, construct_id)
        self._network = network
        made: Mapping[Runner, batch.IComputeEnvironment] = {
            Runner.BATCH_FARGATE: self._fargate("Fargate", Runner.BATCH_FARGATE),
            Runner.BATCH_FARGATE_SPOT: self._fargate("FargateSpot", Runner.BATCH_FARGATE_SPOT),
            Runner.BATCH_GPU: self._gpu(),
        }
        self.queues: Mapping[Runner, batch.JobQueue] = {
            runner: self._queue(runner, environment) for runner, environment in made.items()
        }

    def _queue(self, runner: Runner, environment: batch.IComputeEnvironment) -> batch.JobQueue:
        name = "".join(part.capitalize() for part in runner.value.split("-"))
        return batch.JobQueue(
            self,
            f"{name}Queue",
            compute_environments=[batch.OrderedComputeEnvironment(compute_environment=environment, order=1)],
        )

    def _fargate(self, construct_id: str, runner: Runner) -> batch.FargateComputeEnvironment:
        return batch.FargateComputeEnvironment(
            self,
            construct_id,
            vpc=self._network.vpc,
            vpc_subnets=self._network.public,
            security_groups=[self._network.batch_group],
            maxv_cpus=MAX_VCPUS[runner],
            spot=runner is Runner.BATCH_FARGATE_SPOT,
        )

    def _gpu(self) -> batch.ManagedEc2EcsComputeEnvironment:
        return batch.ManagedEc2EcsComputeEnvironment(
            self,
            "Gpu",
            vpc=self._network.vpc,
            vpc_subnets=self._network.public,
            security_groups=[self._network.batch_group],
            instance_types=[ec2.InstanceType(name) for name in GPU_INSTANCE_TYPES],
            use_optimal_instance_classes=False,
            images=[batch.EcsMachineImage(image_type=batch.EcsMachineImageType.ECS_AL2023_NVIDIA)],
            instance_role=self._instance_role(),
            launch_template=self._launch_template(),
            allocation_strategy=batch.AllocationStrategy.BEST_FIT_PROGRESSIVE,
            minv_cpus=0,
            maxv_cpus=MAX_VCPUS[Runner.BATCH_GPU],
        )

    def _instance_role(self) -> iam.Role:
        role = iam.Role(
            self,
            "GpuInstanceRole",
            assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
            description="Lets a GPU instance join the cluster; jobs have roles of their own",
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name(
                    "service-role/AmazonEC2ContainerServiceforEC2Role"
                )
            ],
        )
        accept(
            role,
            "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role]",
            reason="The ECS agent's permissions belong to AWS, which extends them with the agent.",
        )
        return role

    def _launch_template(self) -> ec2.LaunchTemplate:
        bulk = STAGE["embed"].bulk_place
        disk_gib = bulk.disk_gib if bulk else 30
        volume = ec2.BlockDeviceVolume.ebs(
            disk_gib + 30, encrypted=True, volume_type=ec2.EbsDeviceVolumeType.GP3
        )  # the machine image itself takes up to 30 GiB
        return ec2.LaunchTemplate(
            self,
            "GpuInstances",
            require_imdsv2=True,
            http_put_response_hop_limit=1,  # containers cannot reach the instance's credentials
            block_devices=[ec2.BlockDevice(device_name="/dev/xvda", volume=volume)],
        )
