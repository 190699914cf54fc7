"""All that the room registers: importing this registers models, encoders, decoders and likelihoods."""

import bvtk.models.dc_ign_specs
import bvtk.models.decoder_specs
import bvtk.models.encoder_specs
import bvtk.models.infogan_specs
import bvtk.models.likelihood_specs
import bvtk.models.linear_specs
import bvtk.models.reference_specs
import bvtk.models.vae_specs  # noqa: F401
