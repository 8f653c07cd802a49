"""AWS list prices that the pages here reckon with: us-east-1, US dollars, without free tiers.

Written down by hand from AWS's price pages and checked by nobody since `AS_OF`; what a provider
asks for an edit is not part of this.
"""

AS_OF = "2026-11-21"

TRANSITION = 25e-6  # Step Functions, Standard
LAMBDA_GB_SECOND = 13.3334e-6  # arm64
LAMBDA_REQUEST = 0.20e-6
DYNAMODB_WRITE = 0.625e-6  # on demand, per unit of 1 KB
DYNAMODB_READ = 0.125e-6  # per unit of 4 KB, consistent; half of it if not
S3_PUT = 5e-6  # PUT, POST, LIST
S3_GET = 0.4e-6
S3_GB_MONTH = 0.023  # Standard, the first 50 TB
S3_TAG_MONTH = 1e-6  # one tag of an object
SNS_PUBLISH = 0.5e-6
SQS_REQUEST = 0.4e-6
API_CALL = 3.5e-6  # REST API
SECRET_CALL = 5e-6
SECRET_MONTH = 0.40
ALARM_MONTH = 0.10  # standard resolution, per metric that it reads
DASHBOARD_MONTH = 3.00
TRACE = 5e-6  # X-Ray, per trace recorded
LOG_BYTE = 0.50e-9  # CloudWatch Logs, taken in

# What an account has each month for nothing, and not in its first year only, by the same pages.
FREE_ALARMS = 10  # metrics read, of standard resolution
FREE_DASHBOARDS = 3
FREE_SQS_REQUESTS = 1_000_000
FREE_LAMBDA_REQUESTS = 1_000_000
FREE_LAMBDA_GB_SECONDS = 400_000
FREE_LOG_BYTES = 5 * 10**9
