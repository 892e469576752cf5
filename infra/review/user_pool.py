"""Who may sign in: a user pool whose people an operator adds, with the two groups that the API knows.

Tokens are had with a user's name and password by the site itself, over TLS; there is no secret in the site to keep.
"""

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.nag import accept

GROUPS = {
    "reviewers": "See all videos; decide on clips and change cuts.",
    "operators": "All that reviewers may, and submit URLs and retry videos.",
}


class UserPool(Construct):
    """`arn`, and under `client_id` the site. Kept when the stack is deleted, and protected from deletion."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self._pool = self._make_pool()
        self._client = self._add_client()
        for name, description in GROUPS.items():
            cognito.CfnUserPoolGroup(
                self,
                name.capitalize(),
                group_name=name,
                description=description,
                user_pool_id=self._pool.user_pool_id,
            )
        self._accept()

    @property
    def arn(self) -> str:
        return self._pool.user_pool_arn

    @property
    def pool_id(self) -> str:
        return self._pool.user_pool_id

    @property
    def client_id(self) -> str:
        return self._client.user_pool_client_id

    @property
    def endpoint(self) -> str:
        """Where browsers sign in."""
        stack = Stack.of(self)
        return f"https://cognito-idp.{stack.region}.{stack.url_suffix}"

    def _make_pool(self) -> cognito.UserPool:
        return cognito.UserPool(
            self,
            "Pool",
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(username=True, email=True),
            sign_in_case_sensitive=False,
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_digits=True,
                require_lowercase=True,
                require_uppercase=True,
                require_symbols=True,
                temp_password_validity=Duration.days(3),
            ),
            mfa=cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(sms=False, otp=True),
            feature_plan=cognito.FeaturePlan.ESSENTIALS,
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )

    def _add_client(self) -> cognito.UserPoolClient:
        return self._pool.add_client(
            "Site",
            generate_secret=False,
            auth_flows=cognito.AuthFlow(user_password=True),
            disable_o_auth=True,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            id_token_validity=Duration.hours(1),
            access_token_validity=Duration.hours(1),
            refresh_token_validity=Duration.hours(12),
        )

    def _accept(self) -> None:
        accept(self._pool, "COG2", reason="A second factor is each person's choice: an authenticator app.")
        accept(
            self._pool,
            "COG3",
            reason="Threat protection is in the Plus plan only, at $0.02 a user and month with no free tier; nobody "
            "signs up here, and wrong passwords lock an account out for growing times in every plan.",
        )
        accept(self._pool, "COG8", reason="See COG3: the Plus plan costs by the user.")
